"""Each part of a joint loss learned by itself: the part that fails is where to look."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor, nn

SURE = 1e-3


@dataclass(frozen=True)
class PartAlone:
    """How one part of a loss was learned by itself.

    Args:
        before: mean loss of the batches at first.
        after: mean loss of the batches at the end.
        shuffled: the same for a copy that learned with the rows of each batch exchanged.
        p: that the inputs make no difference.

    Example:
        >>> PartAlone(2.3, 0.4, 2.2, 1e-9).learns
        True
    """

    before: float
    after: float
    shuffled: float
    p: float

    @property
    def learns(self) -> bool:
        """Whether the loss falls further than it does with the wrong inputs."""
        return self.after < self.shuffled and self.p < SURE


def learn_parts_alone(
    network: nn.Module,
    parts: Mapping[str, Callable[[nn.Module, Any], Float[Tensor, ""]]],
    batches: Sequence[Sequence[Tensor]],
    *,
    epochs: int = 10,
    learning_rate: float = 1e-3,
) -> dict[str, PartAlone]:
    """Train a copy of a network on each part of a loss alone, and tell which of them it can learn.

    Use it where a network answers several questions at once, such as the class and the box of an object, and
    the whole does not learn: the simpler problems show which target, head or loss is broken. Each part is
    learned once with the batches as they are, and once with the inputs of each batch moved by one row. What
    cannot be told from the inputs is learned no better with the right ones.

    Args:
        network: that answers all of them; it stays as it is.
        parts: name -> (network, batch) -> loss.
        batches: of which the first tensor is the input; the others stay where they are.
        epochs: over the batches.
        learning_rate: of Adam.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> x = torch.randn(16, 32, 2)
        >>> batches = [(one, one.sum(1), torch.randn(32)) for one in x]
        >>> parts = {
        ...     "sum": lambda network, batch: (network(batch[0])[:, 0] - batch[1]).square().mean(),
        ...     "noise": lambda network, batch: (network(batch[0])[:, 1] - batch[2]).square().mean(),
        ... }
        >>> told = learn_parts_alone(nn.Linear(2, 2), parts, batches, learning_rate=0.1)
        >>> [name for name, part in told.items() if not part.learns]
        ['noise']

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    return {
        name: _alone(network, part, batches, epochs=epochs, learning_rate=learning_rate)
        for name, part in parts.items()
    }


def _alone(
    network: nn.Module,
    part: Callable[[nn.Module, Any], Tensor],
    batches: Sequence[Sequence[Tensor]],
    *,
    epochs: int,
    learning_rate: float,
) -> PartAlone:
    exchanged = [(batch[0].roll(1, 0), *batch[1:]) for batch in batches]
    before = _mean(_losses(network, part, batches))
    ends = []
    for given in (batches, exchanged):
        twin = copy.deepcopy(network)
        optimizer = torch.optim.Adam(twin.parameters(), learning_rate)
        for batch in (one for _ in range(epochs) for one in given):
            optimizer.zero_grad()
            part(twin, batch).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        ends.append(list(_losses(twin, part, given)))
    after, shuffled = (_mean(one) for one in ends)
    p = float(stats.ttest_rel(ends[0], ends[1], alternative="less").pvalue) if len(batches) > 1 else 1.0
    return PartAlone(before, after, shuffled, p if math.isfinite(p) else 1.0)


def _losses(
    network: nn.Module, part: Callable[[nn.Module, Any], Tensor], batches: Sequence[Sequence[Tensor]]
) -> Iterator[float]:
    with torch.no_grad():
        for batch in batches:
            yield float(part(network, batch))


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / max(len(known), 1)
