"""Vectors of words that are learned from text."""
