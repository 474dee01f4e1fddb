"""Ensembles whose members share weights and are trained at once."""
