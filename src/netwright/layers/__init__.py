"""Tensor-to-tensor modules, by family."""

from netwright.layers.embedding.category_embeddings import CategoryEmbeddings
from netwright.layers.embedding.piecewise_linear import PiecewiseLinearEmbeddings, PiecewiseLinearEncoding
from netwright.layers.ensemble.ensemble_linear import EnsembleLinear, MemberAdapter

__all__ = [
    "CategoryEmbeddings",
    "EnsembleLinear",
    "MemberAdapter",
    "PiecewiseLinearEmbeddings",
    "PiecewiseLinearEncoding",
]
