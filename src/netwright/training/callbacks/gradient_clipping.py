"""Gradient clipping by norm: a long gradient is shortened, its direction kept."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch

from netwright.training.callbacks.callback import Callback

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class GradientClipping(Callback):
    """Scales a player's gradients down when their common norm exceeds a bound.

    Use it against steps that explode: a single strange batch, a recurrent network, a rate that is a little
    too high.

        g <- g * min(1, max_norm / ||g||)

    Args:
        max_norm: the largest norm that stays untouched.

    Example:
        >>> GradientClipping(max_norm=1.0)
        GradientClipping(max_norm=1.0)

    Source:
        Pascanu, Mikolov and Bengio (2012), "On the difficulty of training Recurrent Neural Networks",
        arXiv:1211.5063.
    """

    max_norm: float = 1.0

    def on_gradients(self, run: "Run", player: "Player") -> None:
        """Clip the gradients of this player."""
        torch.nn.utils.clip_grad_norm_(player.parameters, self.max_norm)
