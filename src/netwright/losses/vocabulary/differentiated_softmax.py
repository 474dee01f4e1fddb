"""Differentiated softmax: frequent words see many features, rare ones a few of their own."""

from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.losses.reduction import check_reduction, reduce_losses


@final
class DifferentiatedSoftmaxLoss(nn.Module):
    """Cross-entropy over a large vocabulary in blocks, each of which sees its own slice of the features.

    Use it on the words of a language model, sorted from frequent to rare, with wide slices for few frequent
    words and narrow ones for many rare words: it has a fraction of the weights and of the work of a softmax,
    in training and in use, and its probabilities are exact. What a rare word can tell is less, since it sees
    little of the row.

        p = softmax([W_1 x_1 + b_1; ...; W_k x_k + b_k])   with x = [x_1; ...; x_k] cut into slices
        loss = - log p_target

    Args:
        n_features: of the slice of each block, which make up a row.
        n_words: of each block, which make up the vocabulary.
        reduction: "mean", "sum" or "none".

    Raises:
        InputError: when there is no block, one is empty, or there are not as many slices as blocks.

    Example:
        >>> loss = DifferentiatedSoftmaxLoss(n_features=[6, 2], n_words=[10, 90])
        >>> loss.log_probabilities(torch.zeros(4, 8)).shape
        torch.Size([4, 100])

    Source:
        Chen, Grangier and Auli (2015), "Strategies for Training Large Vocabulary Neural Language Models",
        arXiv:1512.04906.
    """

    def __init__(self, n_features: Sequence[int], n_words: Sequence[int], reduction: str = "mean") -> None:
        super().__init__()
        if not 0 < len(n_features) == len(n_words) or min([*n_features, *n_words]) < 1:
            came = f"{list(n_features)} and {list(n_words)}"
            raise InputError(
                "n_features and n_words must be 1 or more for each block, as many of both", came, "pair them"
            )
        self.reduction = check_reduction(reduction)
        self.n_features = list(n_features)
        self.blocks = nn.ModuleList(nn.Linear(*sizes) for sizes in zip(n_features, n_words, strict=True))

    def forward(
        self, features: Float[Tensor, "batch features"], target: Int[Tensor, "batch"]
    ) -> Float[Tensor, "*losses"]:
        losses = F.cross_entropy(self._scores(features), target, reduction="none")
        return reduce_losses(losses, self.reduction)

    def log_probabilities(
        self, features: Float[Tensor, "batch features"]
    ) -> Float[Tensor, "batch vocabulary"]:
        """Return the log-probability of every word for each row."""
        return self._scores(features).log_softmax(1)

    def _scores(self, features: Tensor) -> Tensor:
        if features.shape[1] != sum(self.n_features):
            expected = f"rows must have {sum(self.n_features)} features"
            raise InputError(expected, str(features.shape[1]), "give each slice its features")
        slices = torch.split(features, self.n_features, 1)
        return torch.cat([block(part) for block, part in zip(self.blocks, slices, strict=True)], 1)
