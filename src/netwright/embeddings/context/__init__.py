"""Vectors of words in their context, and what is made of the vectors of all words of a text."""
