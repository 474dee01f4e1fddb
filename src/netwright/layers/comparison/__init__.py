"""How two vectors compare."""
