"""Whole networks built of layers."""
