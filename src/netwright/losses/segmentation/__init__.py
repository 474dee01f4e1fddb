"""Losses of pictures in which each pixel has a class."""
