"""Sentence vectors from pretrained transformers."""
