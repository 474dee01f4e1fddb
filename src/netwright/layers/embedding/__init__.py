"""Embeddings: levels and numbers become learned vectors."""
