"""What a network for pictures looks at, and what its parts answer to."""
