"""Backpropagation with every step of it written down."""
