"""The recipe, the loop and its callbacks."""
