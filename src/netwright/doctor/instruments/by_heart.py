"""Two rows learned by heart: what every sound network can do."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError

LEARNED = 1e-3
RATES = (1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class ByHeart:
    """How far a few rows were learned by heart.

    Args:
        before: the loss at first.
        loss: the lowest that was reached.
        rate: of Adam, with which it was reached.

    Example:
        >>> ByHeart(2.3, 1e-5, 0.01).learned
        True
    """

    before: float
    loss: float
    rate: float

    @property
    def learned(self) -> bool:
        """Whether the loss went below 0.001."""
        return self.loss < LEARNED


def learn_by_heart(
    network: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    inputs: Tensor,
    target: Tensor,
    *,
    n_rows: int = 2,
    steps: int = 300,
) -> ByHeart:
    """Train copies of a network on a few rows, and tell how low the loss becomes.

    Use it before a long training. A sound network learns two rows to a loss of zero; where it cannot,
    something is broken between the rows and the loss, and neither more rows nor more time will mend it.
    Adam is tried at three rates, in evaluation mode, so that dropout does not hide anything and batch
    normalisation does not see a batch of two. The network and the random streams stay as they are.

    Args:
        network: to be tried.
        loss: of (prediction, target), with a least value of 0, such as cross-entropy of hard labels.
        inputs: rows, of which the first are taken that differ in their target.
        target: of the rows.
        n_rows: that are to be learned.
        steps: of each trial.

    Raises:
        InputError: when there are fewer rows than asked for.

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> learn_by_heart(network, nn.CrossEntropyLoss(), torch.randn(8, 4), torch.arange(8) % 3).learned
        True

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    if len(inputs) < n_rows or len(target) != len(inputs):
        raise InputError(f"at least {n_rows} rows with their targets", str(len(inputs)), "give more rows")
    chosen = _different(target, n_rows)
    rows, wanted = inputs[chosen], target[chosen]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tries = [_train(copy.deepcopy(network).eval(), loss, rows, wanted, rate, steps) for rate in RATES]
    return min(tries, key=lambda one: one.loss)


def _different(target: Tensor, n_rows: int) -> list[int]:
    """Numbers of rows, those first whose target has not been seen."""
    known: list[Tensor] = []
    first: list[int] = []
    again: list[int] = []
    for number, one in enumerate(target):
        seen = any(torch.equal(one, other) for other in known)
        (again if seen else first).append(number)
        if not seen:
            known.append(one)
        if len(first) == n_rows:
            break
    return (first + again)[:n_rows]


def _train(
    network: nn.Module, loss: Callable[..., Tensor], rows: Tensor, target: Tensor, rate: float, steps: int
) -> ByHeart:
    learning = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=rate) if learning else None
    losses = []
    for _ in range(steps):
        value = loss(network(rows), target)
        losses.append(float(value.detach()))
        if optimizer is None or not value.requires_grad or not math.isfinite(losses[-1]):
            break
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if losses[-1] < 0.1 * LEARNED:
            break
    finite = [one for one in losses if math.isfinite(one)]
    return ByHeart(losses[0], min(finite, default=math.inf), rate)
