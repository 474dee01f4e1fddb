"""Signals: denoised, compressed, searched for changes, and turned into features."""
