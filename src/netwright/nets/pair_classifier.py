"""A classifier of pairs of vectors, which sees how they differ."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import pair_features
from netwright.nets.mlp import MLP


@final
class PairClassifier(nn.Module):
    """Scores of the classes of a pair, such as entailment, contradiction and neither.

    Use it above a sentence encoder that both sentences pass, to teach the encoder by labelled pairs; it is
    left behind afterwards.

        scores = MLP([u; v; |u - v|; u * v])

    Args:
        width: features of each vector.
        n_classes: of the pairs.
        hidden: units of each hidden layer; none makes it linear, as in sentence-BERT.
        product: whether u * v is among what it sees.

    Example:
        >>> import torch
        >>> PairClassifier(width=4, n_classes=3)(torch.zeros(2, 4), torch.ones(2, 4)).shape
        torch.Size([2, 3])

    Source:
        Conneau, Kiela, Schwenk, Barrault and Bordes (2017), "Supervised Learning of Universal Sentence
        Representations from Natural Language Inference Data", arXiv:1705.02364.
    """

    def __init__(self, width: int, n_classes: int, hidden: Sequence[int] = (), product: bool = True) -> None:
        super().__init__()
        self.layers = MLP((4 if product else 3) * width, n_classes, hidden, nn.Tanh)
        self.product = product

    def forward(
        self, first: Float[Tensor, "batch features"], second: Float[Tensor, "batch features"]
    ) -> Float[Tensor, "batch classes"]:
        scores: Tensor = self.layers(pair_features(first, second, self.product))
        return scores
