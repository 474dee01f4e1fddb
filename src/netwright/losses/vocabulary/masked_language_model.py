"""Masked language modelling: words that were hidden are foretold from those on both sides."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.losses.reduction import check_reduction


@final
class MaskedLanguageModelLoss(nn.Module):
    """Cross-entropy at the hidden places of texts, averaged over those of the whole batch.

    Use it to train an encoder on text without labels: `netwright.data.TokenMasking` hides some tokens and
    gives the targets. Where no place of a batch is hidden the loss is 0.

        loss = - 1/|M| sum_(m in M) log softmax(prediction_m)_(target_m)   over the hidden places M

    Args:
        ignore_index: the target of all other places.
        label_smoothing: share of each target that is spread over all words, from 0 to 1.
        reduction: "mean" over the hidden places, "sum", or "none" with 0 at all other places.

    Raises:
        InputError: when the reduction is another word.

    Example:
        >>> import torch
        >>> target = torch.tensor([[-100, 7, -100, -100]])
        >>> MaskedLanguageModelLoss()(torch.zeros(1, 4, 10), target)
        tensor(2.3026)

    Source:
        Devlin, Chang, Lee and Toutanova (2018), "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", arXiv:1810.04805.
    """

    def __init__(
        self, ignore_index: int = -100, label_smoothing: float = 0.0, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
        self.reduction = check_reduction(reduction)

    def forward(
        self, prediction: Float[Tensor, "batch time vocabulary"], target: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "*losses"]:
        losses = F.cross_entropy(
            prediction.mT,
            target,
            ignore_index=self.ignore_index,
            reduction="none",
            label_smoothing=self.label_smoothing,
        )
        if self.reduction == "none":
            return losses
        total = losses.sum()
        return total if self.reduction == "sum" else total / (target != self.ignore_index).sum().clamp_min(1)
