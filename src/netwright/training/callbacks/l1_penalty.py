"""L1 penalty: each step draws weights towards zero by the same amount, and small ones to zero itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import Names, check_positive, choose_names, weight_names

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class L1Penalty(Callback):
    """Adds the absolute values of weights to what is made smaller; many become exactly zero.

    Use it to find the inputs that matter, or for a network that may be thinned out. The penalty acts by its
    proximal step after the optimizer's own, since a gradient step never stops at zero. It counts for the
    step alone: neither the recorded loss nor validation contains it.

        w <- sign(w) max(|w| - rate * strength, 0)     which with SGD minimises loss + strength * ||w||_1

    With adaptive optimizers the step is decoupled, like the weight decay of AdamW: weights still become
    zero, but how many at which strength depends on the optimizer.

    Args:
        strength: of the penalty; for a linear network and half the mean squared error it is Lasso's alpha.
        parameters: names of parameters or of modules that hold them, or a function of names; None for the
            weights of all linear and convolutional layers, without their biases.

    Raises:
        InputError: in training, when a name fits nothing or the strength is not above zero.

    Example:
        >>> L1Penalty(strength=0.001)
        L1Penalty(strength=0.001, parameters=None)

    Source:
        Tibshirani (1996), "Regression Shrinkage and Selection via the Lasso",
        doi:10.1111/j.2517-6161.1996.tb02080.x; the step: Beck and Teboulle (2009), "A Fast Iterative
        Shrinkage-Thresholding Algorithm for Linear Inverse Problems", doi:10.1137/080716542.
    """

    strength: float
    parameters: Names | None = None

    def on_start(self, run: "Run") -> None:
        """Look up the parameters."""
        check_positive("strength", self.strength)
        named = dict(run.network.named_parameters())
        names = (
            weight_names(run.network)
            if self.parameters is None
            else choose_names(named, self.parameters, "parameters")
        )
        self.found: list[nn.Parameter] = [named[name] for name in names]
        self.rates = [0.0] * len(self.found)

    def on_gradients(self, run: "Run", player: "Player") -> None:
        """Note the rates of the step that comes, since schedules change them right after it."""
        optimizer = next(optimizer for mover, optimizer, _ in run.players if mover is player)
        mine = {id(parameter) for parameter in player.parameters}
        groups = optimizer.param_groups
        rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
        for place, parameter in enumerate(self.found):
            if id(parameter) in mine:  # the hand-written path moves one flat vector in place of parameters
                self.rates[place] += float(rates.get(id(parameter), groups[0]["lr"]))

    def on_step_end(self, run: "Run") -> None:
        """Draw the weights towards zero."""
        for parameter, rate in zip(self.found, self.rates, strict=True):
            if parameter.requires_grad:
                shrink(parameter, rate * self.strength)
        self.rates = [0.0] * len(self.found)

    def on_end(self, run: "Run") -> None:
        """Let the parameters go."""
        self.found, self.rates = [], []


def shrink(weight: Tensor, amount: float) -> None:
    """Draw each entry towards zero by an amount, and those within it to zero, in place.

    Args:
        weight: of any shape.
        amount: from 0.

    Example:
        >>> weight = torch.tensor([2.0, -0.5, 0.1])
        >>> shrink(weight, 0.25)
        >>> weight
        tensor([ 1.7500, -0.2500,  0.0000])
    """
    with torch.no_grad():
        weight.copy_(torch.nn.functional.softshrink(weight, amount))
