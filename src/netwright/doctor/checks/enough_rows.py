"""How many rows each class has, and whether more would still help."""

from collections.abc import Iterator

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import Judged
from netwright.doctor.case.rows import Rows
from netwright.doctor.checks.data_values import place_of
from netwright.doctor.checks.seen import labels_of
from netwright.doctor.finding import Finding
from netwright.doctor.probe.references import clean, cross_validated

ENOUGH, MOST_ROWS, FEWEST_WEIGHTS = 1000, 1000, 64
DRAWN = 1e-4
"""Level of the test that first weights were drawn evenly or normally."""


def check_rows_per_class(case: Case) -> Iterator[Finding]:
    """D15, the rule: under a thousand rows of a class, for a network that begins from random weights.

    Information, with the slope of the learning curve: the score of the best simple model, cross-validated on
    half of the rows and on all of them. Said only where that still rises by more than 2 standard errors. A
    network with frozen parts, or whose first weights were no random draw, has been trained before.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    labels = labels_of(case.train.target, case.task) if case.train is not None else None
    if case.train is None or labels is None or len(labels) < 20 or trained_before(case):
        return
    counts = torch.unique(labels, return_counts=True)[1]
    fewest = int(counts.min())
    if len(counts) < 2 or fewest >= ENOUGH or not case.budget.allows(2.0):
        return
    slope = _slope(clean(case.train.part(MOST_ROWS)), case)
    if slope is None or slope[0] <= 2 * slope[1]:
        return
    yield Finding(
        "too_few_samples",
        "info",
        f"The rarest class has {fewest} rows; a network that begins from random weights is better off with a "
        f"thousand. Twice as many rows still gain a simple model {slope[0]:.3f}.",
        place_of(case),
        {"rows of the rarest class": fewest, "gain from twice as many": slope[0], "standard error": slope[1]},
        "Gather more rows, augment them, or begin from a trained network.",
    )


def _slope(rows: Rows, case: Case) -> tuple[float, float] | None:
    """Gain of the best reference from half of the rows to all of them, and its standard error."""
    whole = cross_validated(rows, case.task)[1:]
    half = {one.name: one for one in cross_validated(rows.part(len(rows) // 2), case.task)[1:]}
    best = max((one for one in whole if one.name in half), key=lambda one: one.score, default=None)
    if best is None:
        return None
    return best.score - half[best.name].score, float(np.hypot(_error(best), _error(half[best.name])))


def _error(one: Judged) -> float:
    return float(one.goods.std() / np.sqrt(len(one.goods)))


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
