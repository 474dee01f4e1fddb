"""Vectors of pictures and of what is said about them."""
