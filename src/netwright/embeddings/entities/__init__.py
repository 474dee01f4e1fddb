"""Vectors of entities: bags of features in one space, and entities by what is written about them."""
