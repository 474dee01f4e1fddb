"""Vectors of the levels of categorical columns, of groups of them, and of items that stand together."""
