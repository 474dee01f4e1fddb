"""Normalisation: activations are brought to a common mean and scale."""
