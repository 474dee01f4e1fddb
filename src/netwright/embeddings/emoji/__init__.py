"""Vectors of emoji: from what they are called, and from the texts they stand in."""
