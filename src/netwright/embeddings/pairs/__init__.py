"""Vectors of pairs of words."""
