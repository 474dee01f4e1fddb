"""The scalar mix: layers of a network weighed against each other and added."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class ScalarMix(nn.Module):
    """A weighted sum of the layers of a network, whose weights are learned with the task.

    Use it on top of a language model that stays as it is: lower layers know more of syntax, higher ones of
    sense, and a task takes from each what serves it.

        y = gamma sum_j w_j h_j,   w = softmax(s)

    Args:
        n_layers: how many there are.
        scores: s at the beginning; zeros, the mean of the layers, when None.
        gamma: at the beginning.

    Raises:
        InputError: when there is no layer, or not one score for each; in forward, when the layers are not as
            many.

    Example:
        >>> ScalarMix(3)(torch.arange(3.0).reshape(1, 3, 1, 1).expand(2, 3, 5, 4))[0, 0]
        tensor([1., 1., 1., 1.], grad_fn=<SelectBackward0>)

    Source:
        Peters, Neumann, Iyyer, Gardner, Clark, Lee and Zettlemoyer (2018), "Deep contextualized word
        representations", arXiv:1802.05365.
    """

    def __init__(self, n_layers: int, scores: Sequence[float] | None = None, gamma: float = 1.0) -> None:
        super().__init__()
        scores = [0.0] * n_layers if scores is None else [float(one) for one in scores]
        if n_layers < 1 or len(scores) != n_layers:
            raise InputError(
                "scores must be one for each layer, of which there is at least one",
                f"{len(scores)} for {n_layers}",
                "give as many, or None for the mean",
            )
        self.scores = nn.Parameter(torch.tensor(scores))
        self.gamma = nn.Parameter(torch.tensor(float(gamma)))

    def forward(
        self, layers: Float[Tensor, "batch layers time features"]
    ) -> Float[Tensor, "batch time features"]:
        if layers.shape[1] != len(self.scores):
            raise InputError(
                f"layers must be {len(self.scores)} on the second axis",
                str(tuple(layers.shape)),
                "stack them there",
            )
        weights = torch.softmax(self.scores, 0)
        return self.gamma * (weights[:, None, None] * layers).sum(1)
