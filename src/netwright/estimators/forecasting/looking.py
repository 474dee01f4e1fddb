"""From a panel to what forecasts start from: looks at lines, covariates, the form of answers."""

from dataclasses import replace
from typing import Any

import numpy as np

from netwright.core.errors import InputError
from netwright.data.series.scaling import TanhScaler
from netwright.estimators.forecasting.learning import Asked, judged_from
from netwright.estimators.forecasting.line import FittedLine, to_scale
from netwright.estimators.forecasting.panel import Panel, read_panel
from netwright.estimators.forecasting.samples import Look


def looks_at(panel: Panel, lines: list[FittedLine], steps: int, scaler: TanhScaler | None) -> list[Look]:
    """Return all that a network may see of each line.

    Args:
        panel: series.
        lines: what was learned of each.
        steps: ahead, at once.
        scaler: of covariates, or None.
    """
    found = []
    for y, owner, line in zip(panel.lines, panel.owners, lines, strict=True):
        z, known = to_scale(y, line.power), panel.known(owner, len(y) + steps)
        paths = line.paths(z, steps, known)
        found.append(Look(line, z, paths, line.mixed(paths), _seen(panel, owner, known, scaler)))
    return found


def scaler_of(panel: Panel, asked: Asked) -> TanhScaler | None:
    """Return the range of covariates over the steps that are learned from; None where there are none.

    Args:
        panel: of the fit.
        asked: for.
    """
    if not panel.covariates[0].shape[1]:
        return None
    ends = [judged_from(len(part), asked.horizon, asked.share) for part in panel.covariates]
    seen = [part[:n] for part, n in zip(panel.covariates, ends, strict=True)]
    return TanhScaler().fit(np.concatenate(seen))


def check_ahead(panel: Panel, horizon: int) -> None:
    """Refuse series whose covariates are not known as far ahead as is forecast.

    Args:
        panel: series.
        horizon: steps ahead.

    Raises:
        InputError: naming the series.
    """
    for number, (seen, ahead) in enumerate(zip(panel.covariates, panel.ahead, strict=True)):
        lengths = [len(y) for y, owner in zip(panel.lines, panel.owners, strict=True) if owner == number]
        known = len(seen) + len(ahead) - lengths[0]
        if seen.shape[1] and known < horizon:
            raise InputError(
                f"covariates must be known for the {horizon} steps ahead",
                f"{known} steps of series {number + 1}",
                "give X with a row for each of them",
            )


def panel_like(known: Panel, y: Any, X: Any) -> Panel:
    """Return the panel of the fit, with covariates ahead, or one of other series that is like it.

    Args:
        known: of the fit.
        y: as in `predict`.
        X: as in `predict`.

    Raises:
        InputError: saying what the series lack.
    """
    if y is None:
        if X is None:
            return known
        parts = X if isinstance(X, (list, tuple)) and np.ndim(X[0]) > 1 else [X]
        ahead = [np.asarray(part, dtype=np.float64).reshape(len(part), -1) for part in parts]
        panel = replace(known, ahead=ahead)
    else:
        panel = read_panel(y, X)
    check_like(known, panel)
    return panel


def check_like(known: Panel, panel: Panel) -> None:
    """Refuse series that are not as many, or have not the covariates, that a forecaster was fitted to.

    Args:
        known: of the fit.
        panel: series.

    Raises:
        InputError: saying what they lack.
    """
    if known.cycles and panel.frequency is None:
        raise InputError("series must have their dates, as in fit", "none", "give a pandas object with dates")
    panel.cycles = known.cycles
    if panel.form == known.form == "table" and panel.names != known.names:
        strange = [name for name in panel.names if name not in known.names]
        lacking = [name for name in known.names if name not in panel.names]
        came = f"also {strange[0]!r}" if strange else f"no {lacking[0]!r}"
        mend = "give all of them and no others, or fit again"
        raise InputError(f"series must be the {len(known.names)} of fit", came, mend)
    shapes = [(len(one.lines), one.ahead[0].shape[1]) for one in (known, panel)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"series must be {shapes[0][0]} with {shapes[0][1]} covariates, as in fit",
            f"{shapes[1][0]} with {shapes[1][1]}",
            "give as many as there",
        )


def joined(before: np.ndarray | None, more: np.ndarray | None, horizon: int) -> np.ndarray | None:
    """Return expected errors gone on by those of further steps.

    Args:
        before: so far, or None.
        more: (1, steps), or None.
        horizon: how many are kept.
    """
    if more is None:
        return None
    both: np.ndarray = more[0] if before is None else np.r_[before, more[0]]
    return both[:horizon]


def rows_first(panel: Panel, found: list[np.ndarray]) -> Any:
    """Return (time, horizon) of each line in the form of the series, targets between time and horizon.

    Args:
        panel: series.
        found: of each line.
    """
    shaped = panel.shaped(found)
    if panel.form in ("vector", "list"):
        return shaped
    if isinstance(shaped, list):
        return [np.swapaxes(one, 1, 2) for one in shaped]
    return np.swapaxes(shaped, 1, 2)


def _seen(panel: Panel, series: int, known: np.ndarray, scaler: TanhScaler | None) -> np.ndarray:
    """Covariates in their range, and the calendar."""
    scaled = known if scaler is None else scaler.transform(known)
    return np.concatenate([scaled, panel.calendar(series, len(known))], 1)
