"""Curves read by tests: whether a loss still falls, what two curves say, whether a score follows its loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from netwright.core.errors import InputError

SURE = 1e-3
FEWEST = 8
STILL = 0.05
"""Share of the fall so far that the last part has to go on falling."""
GAP = 0.1
"""Share of the training loss's fall that held-out rows have to miss."""

Verdict = Literal["good", "overfit", "underfit", "diverged", "unrepresentative"]


@dataclass(frozen=True)
class Trend:
    """Where a loss is going.

    Args:
        falling: whether it still falls.
        slope: of the last part, per value, as a share of all that the loss has fallen.
        p: that a flat loss looks like this.

    Example:
        >>> Trend(falling=True, slope=-0.01, p=1e-6).advice
        'continue'
    """

    falling: bool
    slope: float
    p: float

    @property
    def advice(self) -> Literal["continue", "stop"]:
        """What to do."""
        return "continue" if self.falling else "stop"


def read_trend(losses: Sequence[float]) -> Trend:
    """Tell whether a training should go on: whether its loss still falls in the last half of what was seen.

    The null hypothesis is a loss that stays where it is (Mann and Kendall's test, one-sided, p below 0.001).
    Since a fall of nothing is certain as well when it was measured long enough, the slope must promise a
    twentieth of the fall so far for as many values again.

    Args:
        losses: one for each epoch or step, at least 8.

    Raises:
        InputError: when there are fewer than 8 losses.

    Example:
        >>> read_trend([1.0 / (1 + epoch) for epoch in range(20)]).advice
        'continue'
        >>> read_trend([0.5, 0.4, 0.3, 0.3, 0.31, 0.3, 0.29, 0.3, 0.3, 0.31]).advice
        'stop'

    Source:
        Mann (1945), "Nonparametric Tests Against Trend", doi:10.2307/1907187
    """
    values = _values(losses, "losses")
    if not np.isfinite(values).all():
        return Trend(falling=False, slope=0.0, p=1.0)
    late = values[len(values) // 2 :] if len(values) >= 2 * FEWEST else values[-FEWEST:]
    told = stats.kendalltau(np.arange(len(late)), late, alternative="less")
    p = 1.0 if np.isnan(told.pvalue) else float(told.pvalue)
    slope = float(stats.theilslopes(late, np.arange(len(late))).slope)
    fallen = max(float(values[0] - late.min()), 1e-12)
    falling = p < SURE and -slope * len(values) > STILL * fallen
    return Trend(falling, slope / fallen, p)


@dataclass(frozen=True)
class CurveReading:
    """What two curves say of a training.

    Args:
        verdict: in one word.
        message: in one sentence.
        remedy: what to do.
        gap: held-out loss less training loss at the end.
        best: number of the lowest held-out loss.

    Example:
        >>> CurveReading("good", "Both losses have settled.", "", 0.01, 19).verdict
        'good'
    """

    verdict: Verdict
    message: str
    remedy: str
    gap: float
    best: int


def read_curves(train: Sequence[float], held_out: Sequence[float]) -> CurveReading:
    """Tell from the losses on training and held-out rows, epoch by epoch, how a training went.

    - diverged: the training loss ends certainly above where it began, or is no number.
    - overfit: the held-out loss has turned and certainly risen since, while the training loss fell on.
    - unrepresentative: the held-out loss is far above or far below the training loss from the beginning
      on, or jumps about by more than all that the training loss has fallen.
    - underfit: both losses still fall at the end, or the training loss has hardly fallen at all.
    - good: none of these.

    Args:
        train: mean loss of each epoch, at least 8.
        held_out: mean loss on held-out rows after each epoch.

    Raises:
        InputError: when there are fewer than 8 losses, or not as many of one as of the other.

    Example:
        >>> falling = [1 / (1 + epoch) for epoch in range(30)]
        >>> read_curves(falling, [one + 0.01 * epoch for epoch, one in enumerate(falling)]).verdict
        'overfit'
        >>> settled = [0.1 + 0.9 * 0.5**epoch for epoch in range(30)]
        >>> read_curves(settled, [one + 0.02 for one in settled]).verdict
        'good'

    Source:
        Karpathy et al., "CS231n: Convolutional Neural Networks for Visual Recognition", notes,
        cs231n.github.io/neural-networks-3, "Babysitting the learning process"
    """
    mine, theirs = _values(train, "training losses"), _values(held_out, "held-out losses")
    if len(mine) != len(theirs):
        raise InputError("as many losses of one kind as of the other", f"{len(mine)} and {len(theirs)}", "")
    if not np.isfinite(mine).all() or not np.isfinite(theirs).all() or _above(mine[-_tail(mine) :], mine[:2]):
        return _reading("diverged", mine, theirs)
    if _turned(mine, theirs):
        return _reading("overfit", mine, theirs)
    if _unrepresentative(mine, theirs):
        return _reading("unrepresentative", mine, theirs)
    trends = read_trend(train), read_trend(held_out)
    hardly = mine[0] - mine[-_tail(mine) :].mean() < GAP * abs(mine[0])
    if all(one.falling for one in trends) or hardly:
        return _reading("underfit", mine, theirs)
    return _reading("good", mine, theirs)


def _values(losses: Sequence[float], name: str) -> NDArray[np.float64]:
    values = np.asarray(losses, dtype=np.float64)
    if values.ndim != 1 or len(values) < FEWEST:
        raise InputError(f"{name} must be at least {FEWEST} numbers", str(values.shape), "train for longer")
    return values


def _tail(values: NDArray[np.float64]) -> int:
    return max(4, len(values) // 4)


def _above(late: NDArray[np.float64], early: NDArray[np.float64]) -> bool:
    """Whether all late losses are above the early ones, and by more than they scatter."""
    rise = float(late.mean() - early.max())
    return bool(late.min() > early.max()) and rise > float(np.abs(np.diff(late)).mean())


def _turned(train: NDArray[np.float64], held_out: NDArray[np.float64]) -> bool:
    """Whether the held-out loss rises from its lowest point on, while the training loss does not."""
    best = int(held_out.argmin())
    after = held_out[best:]
    if len(after) < 4 or best > 0.8 * len(held_out):
        return False
    told = stats.kendalltau(np.arange(len(after)), after, alternative="greater")
    scatter = float(np.abs(np.diff(held_out, 2)).mean()) if len(held_out) > 2 else 0.0
    rise = float(np.median(after[-_tail(after) :]) - after[0])
    sure = told.pvalue < (SURE if len(after) > 6 else 0.05) and rise > 2 * scatter
    fell = train[-1] <= train[best] + 1e-12
    return bool(sure and fell and rise > STILL * max(float(held_out.max() - held_out.min()), 1e-12))


def _unrepresentative(train: NDArray[np.float64], held_out: NDArray[np.float64]) -> bool:
    """Whether held-out rows are of another kind than the training rows, or far too few."""
    fallen = max(float(train[0] - train.min()), GAP * abs(float(train[0])), 1e-12)
    late = _tail(train)
    scatter = float(np.abs(np.diff(held_out[-2 * late :])).mean())
    if scatter > fallen / 2:
        return True
    gaps = held_out - train
    apart = (gaps > 0.5 * fallen).all() or (gaps < -0.5 * fallen).all()
    steady = float(np.ptp(gaps[1:])) < float(np.abs(gaps).mean())
    return bool(apart and steady)


SAID: dict[Verdict, tuple[str, str]] = {
    "diverged": ("The training loss ends above where it began.", "Take a smaller learning rate."),
    "overfit": (
        "The held-out loss was lowest after epoch {best} of {epochs} and has risen since, while the training "
        "loss fell on.",
        "Keep the weights of that epoch; raise weight decay or dropout, or find more rows.",
    ),
    "unrepresentative": (
        "The held-out loss does not go with the training loss: it is {gap:+.3g} apart at the end.",
        "Draw the held-out rows at random from the same rows, and enough of them.",
    ),
    "underfit": (
        "Both losses still fall after {epochs} epochs, or the training loss has hardly fallen.",
        "Train for longer or at another rate; then take more units or layers.",
    ),
    "good": ("Both losses have settled, {gap:+.3g} apart.", ""),
}


def _reading(verdict: Verdict, train: NDArray[np.float64], held_out: NDArray[np.float64]) -> CurveReading:
    late = _tail(train)
    gap = float(held_out[-late:].mean() - train[-late:].mean())
    best = int(np.nan_to_num(held_out, nan=np.inf).argmin())
    said, remedy = SAID[verdict]
    return CurveReading(verdict, said.format(best=best + 1, epochs=len(train), gap=gap), remedy, gap, best)


@dataclass(frozen=True)
class ScoreReading:
    """Whether a score follows its loss.

    Args:
        decoupled: whether the loss improved for long and the score did not.
        since: number of the last value at which the score was better than before.
        message: in one sentence.

    Example:
        >>> ScoreReading(decoupled=False, since=3, message="").decoupled
        False
    """

    decoupled: bool
    since: int
    message: str


def read_score(losses: Sequence[float], scores: Sequence[float], *, patience: int = 5) -> ScoreReading:
    """Tell whether the loss has gone on falling for some epochs in which the score has not become better.

    Cross-entropy falls as long as margins grow, also when no answer changes; so watch both.

    Args:
        losses: of each epoch.
        scores: of each epoch on the same rows; more is better, such as accuracy.
        patience: epochs in a row in which the loss must fall and the score must not rise.

    Raises:
        InputError: when there are not as many scores as losses, or patience is below 1.

    Example:
        >>> read_score([1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2], [0.5, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]).message
        'The loss fell from 0.8 to 0.2 in the last 5 epochs, while the score stayed at 0.7.'

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    values, marks = np.asarray(losses, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if values.shape != marks.shape or values.ndim != 1 or patience < 1:
        given = f"{values.shape} and {marks.shape}, patience {patience}"
        raise InputError("one score for each loss, and patience of at least 1", given, "")
    best = np.maximum.accumulate(marks)
    better = np.flatnonzero(np.diff(best) > 0)
    since = int(better[-1]) + 1 if len(better) else 0
    stood = len(marks) - 1 - since
    falling = bool((np.diff(values)[-patience:] < 0).all()) and len(values) > patience
    if stood < patience or not falling:
        return ScoreReading(decoupled=False, since=since, message="")
    said = (
        f"The loss fell from {values[-1 - patience]:.3g} to {values[-1]:.3g} in the last {patience} epochs, "
        f"while the score stayed at {best[-1]:.3g}."
    )
    return ScoreReading(decoupled=True, since=since, message=said)
