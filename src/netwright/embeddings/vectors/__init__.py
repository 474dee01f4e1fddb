"""Vectors of words that exist: asked, saved, and read from the formats of others."""
