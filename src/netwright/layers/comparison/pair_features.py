"""What a classifier of pairs sees of two vectors."""

import torch
from jaxtyping import Float
from torch import Tensor


def pair_features(
    first: Float[Tensor, "*batch features"], second: Float[Tensor, "*batch features"], product: bool = True
) -> Float[Tensor, "*batch compared"]:
    """Both vectors, how far they are apart in each feature, and their product.

    Use it under a classifier of pairs: the entailment of two sentences, the relation of two words.
    Sentence-BERT leaves the product out.

        f = [u; v; |u - v|; u * v]

    Args:
        first: u, one for each pair.
        second: v, of the same shape.
        product: whether u * v is among the features.

    Example:
        >>> pair_features(torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0]))
        tensor([ 1.,  2.,  3., -1.,  2.,  3.,  3., -2.])

    Source:
        Conneau, Kiela, Schwenk, Barrault and Bordes (2017), "Supervised Learning of Universal Sentence
        Representations from Natural Language Inference Data", arXiv:1705.02364.
    """
    parts = [first, second, (first - second).abs()]
    return torch.cat([*parts, first * second] if product else parts, -1)
