"""Vectors of sentences that are learned from the sentences beside them."""
