"""Penalties of a network's own weights, to be added to its loss."""
