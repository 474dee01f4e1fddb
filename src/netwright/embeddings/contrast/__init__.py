"""Vectors that tell opposites apart, and directions between them."""
