"""Encoders of texts that are taught by labels, grades, partners and translations."""
