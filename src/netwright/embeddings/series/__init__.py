"""Vectors of series."""
