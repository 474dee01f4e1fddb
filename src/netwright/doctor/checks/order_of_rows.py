"""The order in which a data set keeps rows and targets, and whether both have the same one."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows
from netwright.doctor.checks.seen import batches_of

MOST_ITEMS, FEWEST_ITEMS = 300, 60
LAGS = range(1, 13)
Z = 6.0


@dataclass(frozen=True)
class Serial:
    """What the order of a data set says.

    Args:
        misaligned: whether targets were moved against their rows.
        told: in words.
        evidence: numbers.
    """

    misaligned: bool
    told: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@contextmanager
def kept_streams() -> Iterator[None]:
    """Put torch's, numpy's and Python's random streams back afterwards."""
    states = torch.random.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002 (the script's)
    try:
        yield
    finally:
        torch.random.set_rng_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])


def items_of(dataset: Any, numbers: list[int]) -> list[tuple[Tensor, ...]] | None:
    """Return items of a data set, read again; None where it cannot be read.

    The random streams are put back afterwards.

    Args:
        dataset: with `__getitem__`.
        numbers: of the items.

    Example:
        >>> len(items_of([(torch.zeros(2), 1), (torch.ones(2), 0)], [0, 1]))
        2
    """
    with kept_streams():
        try:
            read = [dataset[number] for number in numbers]
        except Exception:  # whatever somebody else's data set raises
            return None
    found = []
    for item in read:
        values = list(item.values()) if isinstance(item, dict) else item
        if not isinstance(values, list | tuple):
            return None
        try:
            found.append(tuple(torch.as_tensor(np.asarray(one)) for one in values))
        except (TypeError, ValueError):
            return None
    return found


def drawn_anew(case: Case) -> bool:
    """Return whether the data set gives another row each time an item is read, or no row ever comes again.

    Args:
        case: whose.
    """
    loader = case.trainee.loader
    if loader is not None:
        try:
            numbers = list(range(min(len(loader.loader.dataset), 40)))
        except (TypeError, AttributeError):
            return False
        one, other = (
            items_of(loader.loader.dataset, numbers),
            items_of(_Later(loader.loader.dataset), numbers),
        )
        if one and other and one[0] and other[0]:
            moved = [not torch.equal(a[0], b[0]) for a, b in zip(one, other, strict=True)]
            if sum(moved) > 0.5 * len(moved):
                return True
    keys = [key for batch in batches_of(case) for key in batch.keys]
    return len(set(keys)) > 0.98 * len(keys) and len(case.trainee.history) > 2 * len(case.tapes)


class _Later:
    """Items as they are when each is read a second time."""

    def __init__(self, dataset: object) -> None:
        self.dataset = dataset

    def __getitem__(self, number: int) -> object:
        self.dataset[number]  # type: ignore[index]
        return self.dataset[number]  # type: ignore[index]


def pairs_in_order(case: Case) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return rows and targets in the order of the data set; None where it is not known.

    Args:
        case: whose.
    """
    loader = case.trainee.loader
    if loader is not None:
        try:
            n_items = len(loader.loader.dataset)
        except (TypeError, AttributeError):
            return None
        items = items_of(loader.loader.dataset, list(range(min(n_items, MOST_ITEMS))))
        if not items or len(items[0]) < 2 or len({one[0].shape for one in items}) != 1:
            return None
        x, y = torch.stack([one[0] for one in items]), torch.stack([one[1] for one in items])
    else:
        taken = _sources(case)
        if taken is None:
            return None
        x, y = taken
    if len(x) != len(y) or y[0].numel() != 1 or len(x) < FEWEST_ITEMS:
        return None
    rows = Rows(x[:MOST_ITEMS])
    return rows.flat.numpy(), y[:MOST_ITEMS].reshape(-1).double().cpu().numpy()


def _sources(case: Case) -> tuple[Tensor, Tensor] | None:
    """The tensors from which rows and targets are taken, or which they are themselves."""
    if not case.input_places or case.target_place is None:
        return None
    x = case.tape.constants[case.input_places[0]]
    y = case.tape.constants[case.target_place]
    taken = case.facts.taken
    return taken.get(x.data_ptr(), x), taken.get(y.data_ptr(), y)


def serial_of(case: Case) -> Serial | None:
    """Return what the order of rows and targets says; None where it is not known.

    Args:
        case: whose.
    """
    found = pairs_in_order(case)
    if found is None:
        return None
    x, y = found
    if not np.isfinite(x).all() or len(np.unique(y)) < 2:
        return None
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    ranks = np.argsort(np.argsort(y, kind="stable")) if len(np.unique(y)) > 20 else y
    for shift in (1, -1, 2, -2, 3, -3):
        z = agreement(x, np.roll(ranks, shift))
        if z > Z:
            return Serial(
                misaligned=True,
                told=f"they fit when moved by {shift} places",
                evidence={"shift": shift, "z": z},
            )
    order_y, lag = max((serial(ranks[:, None].astype(np.float64), lag), lag) for lag in LAGS)
    order_x = serial(x, lag)
    if order_y > Z and order_x < 3:
        told = f"targets stand in an order of their own (every {lag}. alike), and rows do not"
        return Serial(
            misaligned=True, told=told, evidence={"lag": lag, "z of targets": order_y, "z of rows": order_x}
        )
    return Serial(misaligned=False)


def agreement(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return by how many deviations targets of nearest neighbours are closer than by chance.

    Args:
        x: (rows, columns).
        y: (rows,).
    """
    _, near = NearestNeighbors(n_neighbors=2).fit(x).kneighbors(x)
    rng = np.random.default_rng(0)
    actual = _distance(y, y[near[:, 1]])
    chance = [_distance(y, rng.permutation(y)[near[:, 1]]) for _ in range(60)]
    return float((np.mean(chance) - actual) / (np.std(chance) + 1e-9))


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float((a != b).mean()) if len(np.unique(a)) <= 20 else float(np.abs(a - b).mean())


def serial(x: NDArray[np.float64], lag: int) -> float:
    """Return by how many deviations rows are closer to the row so many places later than to others.

    Args:
        x: (rows, columns).
        lag: places.

    Example:
        >>> serial(np.arange(100.0)[:, None], 1) > 6
        True
    """
    rng = np.random.default_rng(0)
    actual = np.square(x[lag:] - x[:-lag]).sum(1).mean()
    chance = []
    for _ in range(60):
        mixed = x[rng.permutation(len(x))]
        chance.append(np.square(mixed[lag:] - mixed[:-lag]).sum(1).mean())
    return float((np.mean(chance) - actual) / (np.std(chance) + 1e-9))
