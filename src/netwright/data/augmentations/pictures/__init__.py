"""Augmentations of pictures: whole batches of bytes, or of floats from 0 to 1, with no loop over pictures."""
