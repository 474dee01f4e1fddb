"""The loss of a network that chooses where to look: its answer's, and that of its choices."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.losses.reduction import check_reduction, reduce_losses


@final
class GlimpseLoss(nn.Module):
    """Cross-entropy of the answer, with the score function's gradient for the path that led to it.

    Use it on what `nets.RecurrentAttention` gives. A path that led to the right class becomes likelier, in so
    far as success was not expected anyhow; the expectation is learned beside it. Each picture several times
    in a batch, `x.repeat(4, 1, 1, 1)`, makes the gradient less noisy.

        R = softmax(scores) of the target
        loss = cross_entropy + reward_weight * (-sum_t (R - b_t) log p_t + mean_t (R - b_t)^2)

    The gradient of the first sum goes to log p alone, that of the second to b.

    Args:
        reward_weight: of what the path learns from.
        reduction: "mean", "sum" or "none".

    Example:
        >>> import torch
        >>> scores, one = torch.zeros(1, 2), torch.ones(1, 1)
        >>> GlimpseLoss()(scores, -2 * one, 0.1 * one, torch.tensor([0]))  # log 2 + 0.8 + 0.16
        tensor(1.6531)

    Source:
        Mnih, Heess, Graves and Kavukcuoglu (2014), "Recurrent Models of Visual Attention", arXiv:1406.6247.
        Differs: no answer is drawn to be rewarded by 1 where it is right; R is the mean over all draws.
    """

    def __init__(self, reward_weight: float = 1.0, reduction: str = "mean") -> None:
        super().__init__()
        self.reward_weight = reward_weight
        self.reduction = check_reduction(reduction)

    def forward(
        self,
        scores: Float[Tensor, "batch classes"],
        log_probability: Float[Tensor, "batch time"],
        baseline: Float[Tensor, "batch time"],
        target: Int[Tensor, "batch"],
    ) -> Float[Tensor, "*losses"]:
        reward = scores.detach().softmax(1).gather(1, target[:, None])
        surprise = reward - baseline
        path = -(surprise.detach() * log_probability).sum(1) + surprise.square().mean(1)
        losses = F.cross_entropy(scores, target, reduction="none") + self.reward_weight * path
        return reduce_losses(losses, self.reduction)
