"""Whether gradients of one step still stand when those of the next are added."""

import torch
from torch import Tensor
from torch.optim import Optimizer

from netwright.doctor.observe.facts import Trainee

MOST_STEPS = 24
"""Of each optimizer at which it is looked at."""


class Clearing:
    """Keeps a small gradient of each optimizer's last step, to know it again.

    Those that are exempt do not add gradients to what stands, but write over it.

    Example:
        >>> Clearing().marks
        {}
    """

    def __init__(self) -> None:
        self.marks: dict[int, tuple[Tensor, Tensor]] = {}
        self.stale: dict[int, bool] = {}
        self.exempt: set[int] = set()

    def mark(self, optimizer: Optimizer, trainee: Trainee) -> None:
        """Keep a gradient with which a step was taken.

        Args:
            optimizer: that took it.
            trainee: its facts.
        """
        if trainee.looked >= MOST_STEPS or id(optimizer) in self.exempt:
            self.marks.pop(id(optimizer), None)
            return
        found = [
            (parameter, parameter.grad)
            for group in optimizer.param_groups
            for parameter in group["params"]
            if parameter.grad is not None and not parameter.grad.is_sparse
        ]
        if found:
            parameter, gradient = min(found, key=lambda one: one[1].numel())
            self.marks[id(optimizer)] = (parameter, gradient.detach().clone())

    def look(self) -> None:
        """See, before a loss is differentiated, which of the kept gradients still stand."""
        for key, (parameter, gradient) in self.marks.items():
            if parameter.grad is None or not bool(parameter.grad.any()):
                self.stale[key] = False
            elif bool(gradient.any()) and torch.equal(parameter.grad, gradient):
                self.stale[key] = True

    def count(self, optimizer: Optimizer, trainee: Trainee) -> None:
        """Count, when the next step is about to be taken, whether it was added to what still stood.

        Args:
            optimizer: that takes it.
            trainee: its facts.
        """
        stale = self.stale.pop(id(optimizer), None)
        if stale is not None:
            trainee.looked += 1
            trainee.uncleared += stale
