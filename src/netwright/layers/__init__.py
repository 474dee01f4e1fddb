"""Tensor-to-tensor modules, by family."""
