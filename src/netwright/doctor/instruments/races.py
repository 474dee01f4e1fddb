"""Races: the same training several times with one thing changed, judged over several seeds."""

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netwright.core.errors import InputError


@dataclass(frozen=True)
class Entry:
    """One that took part in a race.

    Args:
        name: of it.
        losses: at the end, one for each seed; infinite where it broke.

    Example:
        >>> Entry("adam", (0.2, 0.4)).mean
        0.30000000000000004
    """

    name: str
    losses: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return fmean(self.losses)


def race_optimizers(
    network: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    batches: Sequence[Any],
    optimizers: Mapping[str, Callable[[Iterable[Tensor]], Optimizer]] | None = None,
    *,
    steps: int = 100,
    seeds: Sequence[int] = (0, 1, 2),
) -> list[Entry]:
    """Train copies of a network with one optimizer each, for as many steps, and return them best first.

    Use it to see whether another optimizer would do better on your own rows. Each seed takes the batches
    in another order, the same one for all optimizers, and every copy begins with the network's weights. What
    counts is the mean loss over all batches when the steps are done. The network stays as it is.

    Args:
        network: that is to be trained.
        loss: of (network, batch).
        batches: to learn from, and to be judged on.
        optimizers: name -> (parameters) -> optimizer; SGD with momentum, RMSprop, Adam and AdamW without.
        steps: of each.
        seeds: of the orders.

    Raises:
        InputError: when there is no batch, no seed or no optimizer.

    Example:
        >>> x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
        >>> def loss(net, rows):
        ...     return (net(rows)[:, 0] - rows.sum(1)).square().mean()
        >>> def sgd(rate):
        ...     return lambda parameters: torch.optim.SGD(parameters, lr=rate)
        >>> entries = {"slow": sgd(1e-6), "fast": sgd(0.1)}
        >>> [entry.name for entry in race_optimizers(nn.Linear(3, 1), loss, x.split(16), entries, steps=20)]
        ['fast', 'slow']

    Source:
        Ruder (2016), "An overview of gradient descent optimization algorithms", arXiv:1609.04747
    """
    optimizers = USUAL if optimizers is None else optimizers
    if not len(batches) or not len(seeds) or not optimizers:
        raise InputError("batches, seeds and optimizers", "none of one of them", "give at least one of each")
    found = []
    for name, make in optimizers.items():
        losses = tuple(_run(network, loss, batches, make, steps, seed) for seed in seeds)
        found.append(Entry(name, losses))
    return sorted(found, key=lambda one: one.mean)


USUAL: dict[str, Callable[[Iterable[Tensor]], Optimizer]] = {
    "SGD with momentum": lambda parameters: torch.optim.SGD(parameters, lr=1e-2, momentum=0.9),
    "RMSprop": lambda parameters: torch.optim.RMSprop(parameters, lr=1e-3),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, lr=1e-3),
}


def _run(
    network: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    batches: Sequence[Any],
    make: Callable[[Iterable[Tensor]], Optimizer],
    steps: int,
    seed: int,
) -> float:
    """The loss over all batches after so many steps of one optimizer."""
    twin = copy.deepcopy(network).train()
    optimizer = make([one for one in twin.parameters() if one.requires_grad])
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(seed)
        for number in itertools.islice(_orders(len(batches)), steps):
            optimizer.zero_grad()
            value = loss(twin, batches[number])
            if not math.isfinite(float(value.detach())):
                return math.inf
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        twin.eval()
        with torch.no_grad():
            ended = fmean(float(loss(twin, batch)) for batch in batches)
    return ended if math.isfinite(ended) else math.inf


def _orders(n_batches: int) -> Iterator[int]:
    """Numbers of batches without end, each once in every round."""
    while True:
        yield from torch.randperm(n_batches).tolist()


@dataclass(frozen=True)
class Tuned:
    """What a search over a grid found.

    Args:
        settings: the best ones.
        score: of them.
        tried: (settings, score) of all, in the order of the grid.

    Example:
        >>> Tuned({"width": 64}, 0.9, []).settings
        {'width': 64}
    """

    settings: dict[str, Any]
    score: float
    tried: list[tuple[dict[str, Any], float]]


def grid_around(settings: Mapping[str, float], factor: float = 3.0) -> list[dict[str, Any]]:
    """Return a grid of settings around the present ones: each of them lower, as it is, and higher.

    Rates, widths and penalties act by their order of magnitude, so neighbours are a factor apart. Whole
    numbers stay whole and are at least 1. What is 0 has no neighbours by a factor and stays.

    Args:
        settings: as they are now, by name.
        factor: between neighbours, above 1.

    Raises:
        InputError: when the factor is not above 1.

    Example:
        >>> grid_around({"learning_rate": 0.01})
        [{'learning_rate': 0.01}, {'learning_rate': 0.0033333333333333335}, {'learning_rate': 0.03}]
        >>> len(grid_around({"learning_rate": 0.01, "width": 64}))
        9

    Source:
        Bengio (2012), "Practical recommendations for gradient-based training of deep architectures",
        arXiv:1206.5533
    """
    if not factor > 1:
        raise InputError("factor must be above 1", str(factor), "take 2 or 3")
    choices: list[list[Any]] = []
    for value in settings.values():
        near = [value, value / factor, value * factor]
        if isinstance(value, int):
            near = [value, max(1, round(value / factor)), round(value * factor)]
        choices.append(list(dict.fromkeys(near)))
    return [dict(zip(settings, one, strict=True)) for one in itertools.product(*choices)]


def search_grid(
    score: Callable[[dict[str, Any]], float], settings: Mapping[str, float], factor: float = 3.0
) -> Tuned:
    """Try a grid around the present settings, and return the ones that score best on held-out rows.

    Args:
        score: of settings: trains with them and returns a score on held-out rows, where more is better.
        settings: as they are now, by name; where several score alike, these are kept.
        factor: between neighbours, above 1.

    Raises:
        InputError: when the factor is not above 1.

    Example:
        >>> search_grid(lambda one: -abs(one["learning_rate"] - 0.04), {"learning_rate": 0.01}).settings
        {'learning_rate': 0.03}

    Source:
        Bengio (2012), "Practical recommendations for gradient-based training of deep architectures",
        arXiv:1206.5533
    """
    tried = [(one, float(score(one))) for one in grid_around(settings, factor)]
    best = max(tried, key=lambda one: one[1] if one[1] == one[1] else -math.inf)
    return Tuned(best[0], best[1], tried)
