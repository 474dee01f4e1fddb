"""Warm-up and cosine: the rate rises for some steps, then falls along half a cosine to zero."""

import math
from dataclasses import dataclass
from typing import final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


@final
@dataclass(frozen=True)
class WarmupCosine:
    """Schedule that needs no tuning: it starts gently and ends in small steps.

    Use it with a fixed number of epochs; give it as `Training(schedule=WarmupCosine())`.

        rate(t) = rate * min(1, (t + 1) / warmup) * (1 + cos(pi t / T)) / 2

    Args:
        warmup: steps until the full rate; no more than a tenth of the run are used.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> schedule = WarmupCosine(warmup=2)(optimizer, steps=20)
        >>> optimizer.param_groups[0]["lr"]
        0.5

    Source:
        Loshchilov and Hutter (2016), "SGDR: Stochastic Gradient Descent with Warm Restarts",
        arXiv:1608.03983; warm-up: Goyal et al. (2017), "Accurate, Large Minibatch SGD", arXiv:1706.02677.
    """

    warmup: int = 50

    def __call__(self, optimizer: Optimizer, steps: int) -> LambdaLR:
        """Return the scheduler for a run of that many steps.

        Args:
            optimizer: whose rate it sets.
            steps: of the whole run.
        """
        warmup = max(1, min(self.warmup, steps // 10))

        def factor(step: int) -> float:
            return min(1.0, (step + 1) / warmup) * 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps))

        return LambdaLR(optimizer, factor)
