"""What would have happened: trials on copies, and references from the same rows."""
