"""Vectors of words and short texts by their characters."""
