"""How lines are learned: where judging begins, seasons, windows, and what gates the network."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from netwright.core.errors import InputError
from netwright.data.series.seasons import choose_window, find_season
from netwright.estimators.forecasting.bands import rising
from netwright.estimators.forecasting.line import FittedLine, ahead_of, learn_line, to_scale, weigh
from netwright.estimators.forecasting.panel import Panel
from netwright.estimators.forecasting.samples import Look
from netwright.estimators.forecasting.smoothing import burn_in
from netwright.training import Choice, TensorSamples, Training
from netwright.training.callbacks import EarlyStopping

MOST_ORIGINS = 6000
"""Origins of one line that the network learns from, the latest ones."""
LONGEST_WINDOW = 168
FEW_STEPS, REFITS = 500, 4
"""In series of at most so many steps the paths still change with what comes: for calibration they are fitted
so many times, as they will be before forecasts are made."""
GATES = np.linspace(0, 1, 5)
GAIN, GAIN_WHERE_CHOSEN = 0.03, 0.01
"""By how much of the error the network must help to be let in: on the later origins, of which nothing was
chosen, and on the earlier ones, by which its best epoch was."""


@dataclass(frozen=True)
class Asked:
    """What a forecaster is asked for.

    Args:
        horizon: steps ahead of the paths and the network.
        window: steps back, or None to choose.
        season: its length, or None to find.
        simple: whether only the last value and the last season are paths.
        share: of the steps, the latest, by which mixture, network and bands are judged.
    """

    horizon: int
    window: int | None
    season: int | None
    simple: bool
    share: float


def recipe_of(training: Training) -> Training:
    """Return the recipe with its open fields filled as forecasters want them.

    Args:
        training: the user's.
    """
    stops = any(isinstance(one, EarlyStopping) for one in training.callbacks)
    return replace(
        training,
        validation=None,
        epochs=training.epochs or 40,
        batch_size=training.batch_size or 64,
        learning_rate=training.learning_rate or 3e-3,
        callbacks=training.callbacks if stops else [*training.callbacks, EarlyStopping(patience=6)],
    )


def judged_from(n: int, horizon: int, share: float) -> int:
    """Return the step from which targets are kept from learning.

    Args:
        n: steps of the line.
        horizon: steps ahead.
        share: of the steps that judge.
    """
    return n - max(round(share * n), min(2 * horizon, n // 3), min(horizon, n // 2))


def check_length(panel: Panel, horizon: int) -> None:
    """Refuse lines that are too short for the horizon.

    Args:
        panel: of the fit.
        horizon: steps ahead.

    Raises:
        InputError: naming the series.
    """
    for number, line in enumerate(panel.lines):
        least = 2 * horizon + 8
        if len(line) < least:
            most = (len(line) - 8) // 2
            raise InputError(
                f"a series must have {least} steps for a horizon of {horizon}, to learn from and to judge by",
                f"{len(line)} in series {panel.owners[number] + 1}",
                f"ask for at most {most} steps ahead" if most > 0 else "give more of it",
            )


def settle(panel: Panel, asked: Asked) -> tuple[list[int], int, list[Choice]]:
    """Return the season of each line, the window of all, and why.

    Args:
        panel: of the fit.
        asked: with what is set by the user.
    """
    choices: list[Choice] = []
    seasons = []
    for line in panel.lines:
        end = judged_from(len(line), asked.horizon, asked.share)
        season = asked.season
        if season is None:
            found = find_season(line, panel.frequency)
            season = found.value
            if len(choices) < 1:
                choices.append(Choice("season", season, found.reason, "Bartlett (1946)"))
        seasons.append(max(1, min(season, end // 2)))
    window = asked.window
    if window is None:
        windows = [
            choose_window(line, season=season, horizon=asked.horizon)
            for line, season in zip(panel.lines, seasons, strict=True)
        ]
        best = max(windows, key=lambda one: one.value)
        window = min(best.value, LONGEST_WINDOW)
        choices.append(Choice("window", window, best.reason))
    return seasons, window, choices


def first_lines(panel: Panel, seasons: list[int], window: int, asked: Asked) -> list[FittedLine]:
    """Return the lines as the steps before those that judge teach them, their mixture set by those that do.

    Args:
        panel: of the fit.
        seasons: of each line.
        window: steps back.
        asked: for.
    """
    lines = []
    for y, owner, season in zip(panel.lines, panel.owners, seasons, strict=True):
        end = judged_from(len(y), asked.horizon, asked.share)
        known = panel.known(owner, len(y) + asked.horizon)
        line = learn_line(y, known, season, asked.horizon, end, window=window, simple=asked.simple)
        z = to_scale(y, line.power)
        paths = line.paths(z, asked.horizon, known)
        weigh(line, z, paths, np.arange(end - 1, len(y) - 1))
        error = np.abs(
            ahead_of(np.where(np.arange(len(z)) < end, z, np.nan), asked.horizon) - line.mixed(paths)
        )
        error = error[min(burn_in(season), end // 3) : end - 1]
        counts = np.isfinite(error).sum(0)
        mean = np.nansum(error, 0) / np.maximum(counts, 1)
        spread = rising(mean, np.maximum(counts, 1))
        line.spread = np.where(
            spread > 1e-9 * line.reach, spread, max(float(spread.max()), 1e-9 * line.reach)
        )
        lines.append(line)
    return lines


def refitted(
    panel: Panel, lines: list[FittedLine], window: int, asked: Asked, ends: list[int]
) -> list[FittedLine]:
    """Return the lines as later targets teach them, in the units and with the mixture of the first ones.

    Args:
        panel: of the fit.
        lines: what `first_lines` gave.
        window: steps back.
        asked: for.
        ends: the first step of each that must not be seen.
    """
    found = []
    for y, owner, first, end in zip(panel.lines, panel.owners, lines, ends, strict=True):
        known = panel.known(owner, len(y) + asked.horizon)
        line = learn_line(
            y, known, first.season, asked.horizon, end, window=window, simple=asked.simple, like=first
        )
        line.weights, line.spread = first.weights, first.spread
        line.centre, line.reach = first.centre, first.reach
        found.append(line)
    return found


def parts_between(ends: list[int], panel: Panel) -> list[list[tuple[int, int]]]:
    """Return from which step to which each line is judged by paths that are fitted to the same targets.

    Args:
        ends: the step of each line from which targets judge.
        panel: of the fit.
    """
    fewest = min(len(y) - end for y, end in zip(panel.lines, ends, strict=True))
    n_fits = min(REFITS, fewest) if max(map(len, panel.lines)) <= FEW_STEPS else 1
    cuts = [
        [end + (len(y) - end) * part // n_fits for part in range(n_fits + 1)]
        for y, end in zip(panel.lines, ends, strict=True)
    ]
    return [[(cut[part], cut[part + 1]) for cut in cuts] for part in range(n_fits)]


def three_sides(looks: list[Look], ends: list[int], window: int) -> tuple[TensorSamples, ...]:
    """Return windows and targets to learn from, those that say when to stop, and those that judge.

    The steps from `ends` on are halved: by the earlier ones the best epoch is chosen, so that what the later
    ones say of the network is no choice of theirs.

    Args:
        looks: at the lines.
        ends: the step of each from which targets are kept from learning.
        window: steps back.
    """
    sides: list[tuple[list[torch.Tensor], list[torch.Tensor]]] = [([], []), ([], []), ([], [])]
    for look, end in zip(looks, ends, strict=True):
        for (inputs, targets), rows in zip(sides, split_origins(look, end), strict=True):
            inputs.append(look.inputs(rows, window))
            targets.append(look.targets(rows))
    return tuple(TensorSamples(torch.cat(inputs), torch.cat(targets)) for inputs, targets in sides)


def both(first: TensorSamples, second: TensorSamples) -> TensorSamples:
    """Return the windows and targets of two sides as those of one.

    Args:
        first: a side.
        second: another.
    """
    return TensorSamples(torch.cat([first.inputs, second.inputs]), torch.cat([first.target, second.target]))


def mixture_of(line: FittedLine) -> Choice:
    """Return the mixture of the paths as a choice with its reason.

    Args:
        line: what was learned.
    """
    weights = ", ".join(f"{100 * one:.0f} %" for one in line.weights)
    scale = {1.0: "as it is", 0.5: "square root", 0.0: "logarithm"}[line.power]
    paths = "the last value, the last season"
    if line.settings is not None:
        lagged = ", smoothing with lags, lags" if line.correction is not None else ""
        lagged += ", lags with covariates" if line.driven is not None else ""
        paths = f"smoothing{lagged}, {'the last season' if line.season > 1 else 'the drift'}"
    reason = f"of {paths}: by their errors on steps that they had not seen"
    return Choice(
        "mixture", f"{weights}; scale: {scale}", reason, "Smyl (2020), doi:10.1016/j.ijforecast.2019.03.017"
    )


def split_origins(look: Look, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the origins to learn from, those that say when to stop, and those that judge.

    Args:
        look: at the line.
        end: the step from which targets are kept from learning.
    """
    horizon, n = look.mixture.shape[1], len(look.z)
    first = min(burn_in(look.line.season), max(end // 3, 1))
    learn = np.arange(max(first, end - 1 - MOST_ORIGINS), max(end - horizon, first + 1))
    middle = max((end + n) // 2, end + 1)
    stop = np.arange(end - 1, max(middle - horizon, end))
    judge = np.arange(min(middle, n - 1) - 1, n - 1)
    return learn, stop[-MOST_ORIGINS:], judge[-MOST_ORIGINS:]


def choose_gate(stop: tuple[torch.Tensor, torch.Tensor], judge: tuple[torch.Tensor, torch.Tensor]) -> float:
    """Return the share of what the network adds that helps where its epoch was chosen, and later too.

    Args:
        stop: (origins, horizon) what was missed, NaN where unknown, and what the network adds, on the
            origins by which its epoch was chosen.
        judge: the same on later ones.
    """
    errors = []
    for target, added in (stop, judge):
        size = [(target - float(gate) * added).abs() for gate in GATES]
        errors.append([float(one[~one.isnan()].mean()) if (~one.isnan()).any() else 0.0 for one in size])
    earlier, later = (np.array([one / (row[0] or 1.0) for one in row]) for row in errors)
    helps = (earlier < 1 - GAIN_WHERE_CHOSEN) & (later < 1 - GAIN)
    return float(GATES[np.flatnonzero(helps)[later[helps].argmin()]]) if helps.any() else 0.0
