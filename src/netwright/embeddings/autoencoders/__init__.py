"""Autoencoders: codes from which rows and pictures can be made again."""
