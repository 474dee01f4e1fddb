"""Vectors of words with their tags."""
