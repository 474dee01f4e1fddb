"""Gradient clipping by value: each entry of a gradient is cut off at a bound."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import check_positive

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class ValueClipping(Callback):
    """Cuts each entry of a player's gradients off at a bound; the direction may turn.

    Use it where single weights get huge gradients while the others are sound; `GradientClipping`, which
    keeps the direction, is the better choice elsewhere.

        g_i <- min(max(g_i, -max_value), max_value)

    Args:
        max_value: the largest entry that stays untouched.

    Raises:
        InputError: in training, when it is not above zero.

    Example:
        >>> ValueClipping(max_value=0.5)
        ValueClipping(max_value=0.5)

    Source:
        Mikolov (2012), "Statistical Language Models Based on Neural Networks", PhD thesis, Brno University
        of Technology, section 3.2.2.
    """

    max_value: float = 1.0

    def on_start(self, run: "Run") -> None:
        """Check the bound."""
        check_positive("max_value", self.max_value)

    def on_gradients(self, run: "Run", player: "Player") -> None:
        """Clip the gradients of this player."""
        torch.nn.utils.clip_grad_value_(player.parameters, self.max_value)
