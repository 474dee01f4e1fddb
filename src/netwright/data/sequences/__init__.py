"""Sequences of any lengths: read, scaled, padded, and cut into batches of like lengths."""
