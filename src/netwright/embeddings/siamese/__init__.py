"""Siamese networks: codes whose distances say whether two rows are of one kind."""
