"""Vectors of texts out of vectors of their words."""
