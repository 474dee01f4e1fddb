"""How many rows each class has, and whether more would still help."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows
from netwright.doctor.checks.data_values import FEWEST_ROWS, place_of
from netwright.doctor.checks.seen import batches_of, labels_of
from netwright.doctor.finding import Finding
from netwright.doctor.probe.references import clean, features

ENOUGH, MOST_ROWS, FEWEST_WEIGHTS, NEIGHBOURS = 1000, 1000, 64, 5
HARDLY_ANY, TOLD = 5, 0.7
"""Rows a class, and the share of rows that nobody tells."""
KNOWN = 0.2
"""Share of rows that come again above which their number can be told."""
DRAWN = 1e-4
"""Level of the test that first weights were drawn evenly or normally."""


def check_rows_per_class(case: Case) -> Iterator[Finding]:
    """D15, the rule: under a thousand rows of a class, for a network that begins from random weights.

    Information, with the slope of the learning curve: what 5 nearest neighbours tell of the same rows by half
    of the others and by all of them. Said only where that still rises by more than 2 standard errors. A
    network with frozen parts, or whose first weights were no random draw, has been trained before.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    labels = labels_of(case.train.target, case.task) if case.train is not None else None
    if case.train is None or labels is None or len(labels) < FEWEST_ROWS or trained_before(case):
        return
    counts = torch.unique(labels, return_counts=True)[1]
    there_are = rows_there_are(case)
    fewest = round(there_are * float(counts.min() / counts.sum()))
    if len(counts) < 2 or not there_are or fewest >= ENOUGH:
        return
    rows = clean(case.train.part(MOST_ROWS))
    known = labels_of(rows.target, case.task)
    if known is None or len(known) < FEWEST_ROWS:
        return
    gain, error = _slope(rows, known.numpy())
    if gain <= 2 * error:
        return
    yield Finding(
        "too_few_samples",
        "info",
        f"The rarest class has about {fewest} rows; a network that begins from random weights is better off "
        f"with a thousand. Twice as many rows still gain nearest neighbours {gain:.3f}.",
        place_of(case),
        {"rows of the rarest class": fewest, "gain from twice as many": gain, "standard error": error},
        "Gather more rows, augment them, or begin from a trained network.",
    )


def check_hardly_any_rows(case: Case) -> Iterator[Finding]:
    """D15: fewer than five rows a class, of which nobody can learn to tell the others.

    A warning where the best reference, on held-out rows or cross-validated, tells fewer than 70 % of them,
    and so does the network where it is held to rows that it has not learned from.

    Args:
        case: of a training that has ended.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    labels = labels_of(case.train.target, case.task) if case.train is not None else None
    there_are, outcome = rows_there_are(case), case.outcome
    if labels is None or outcome is None or not there_are or trained_before(case):
        return
    n_classes = len(torch.unique(labels))
    known = [outcome.best.score] + [outcome.network.score] * outcome.held_out
    if n_classes < 2 or there_are >= HARDLY_ANY * n_classes or max(known) >= TOLD:
        return
    yield Finding(
        "too_few_samples",
        "warning",
        f"There are {there_are} rows for {n_classes} classes: the best simple model tells "
        f"{100 * outcome.best.score:.0f} % of rows that it has not seen.",
        place_of(case),
        {"rows": there_are, "classes": n_classes, "best reference": outcome.best.score},
        "Gather more rows, or begin from a trained network.",
    )


def rows_there_are(case: Case) -> int:
    """Return how many training rows there are, 0 where that is not known.

    Without a loader it is told by how many of the last rows that were seen had been seen before.

    Args:
        case: whose.
    """
    loader, batches = case.trainee.loader, batches_of(case)
    if loader is not None or len(batches) < 2:
        try:
            return len(loader.loader.dataset) if loader is not None else 0
        except (TypeError, AttributeError):
            return 0
    earlier = {key for batch in batches[:-1] for key in batch.keys}
    again = float(np.mean([key in earlier for key in batches[-1].keys]))
    return round(len(earlier) / again) if again > KNOWN else 0


def _slope(rows: Rows, y: NDArray[np.int64]) -> tuple[float, float]:
    """What 5 nearest neighbours gain from half of the rows to all of them, and its standard error."""
    x = features(rows, rows)[0]
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    half = np.random.default_rng(0).permutation(len(x))[: len(x) // 2]
    gain = _told(x, y, np.arange(len(x))) - _told(x, y, half)
    return float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))


def _told(x: NDArray[np.float64], y: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Which rows their nearest neighbours among the chosen ones tell, themselves left out."""
    near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(x[chosen]).kneighbors(x, return_distance=False)
    near = chosen[near]
    others = np.argsort(near == np.arange(len(x))[:, None], axis=1, kind="stable")[:, :NEIGHBOURS]
    votes = stats.mode(y[np.take_along_axis(near, others, 1)], axis=1).mode
    right: NDArray[np.float64] = (votes == y).astype(np.float64)
    return right


def trained_before(case: Case) -> bool:
    """Return whether the network did not begin from random weights alone.

    Args:
        case: whose.
    """
    parameters = [one for module in case.modules for one in module.parameters()]
    if any(not one.requires_grad for one in parameters):
        return True
    firsts = [entry[1] for module in case.modules if (entry := case.facts.initial.get(id(module)))]
    layers = [part for first in firsts for part in first.modules() if isinstance(part, _WEIGHTED)]
    return any(not looks_drawn(part.weight) for part in layers)


_WEIGHTED = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d


def looks_drawn(weight: Tensor) -> bool:
    """Return whether weights look like a draw from an even or a normal distribution around 0.

    Args:
        weight: of any shape; few or equal ones look drawn.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> looks_drawn(nn.Linear(64, 64).weight), looks_drawn(torch.randn(4096) ** 3)
        (True, False)
    """
    values = weight.detach().double().flatten().cpu().numpy()
    spread = float(values.std())
    if len(values) < FEWEST_WEIGHTS or not spread > 0:
        return True
    even = stats.kstest(values, stats.uniform(-(3**0.5) * spread, 2 * 3**0.5 * spread).cdf).pvalue
    normal = stats.kstest(values, stats.norm(0, spread).cdf).pvalue
    return bool(max(even, normal) > DRAWN)
