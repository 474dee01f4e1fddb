"""What networks for sequences track, look at and depend on, step by step."""
