"""Layers whose weights are distributions."""
