"""Vectors of words out of counts of what stands together."""
