"""The epoch at which a learning curve levels off."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from netwright.core.errors import InputError

SHAPES = (0.5, 0.7, 1.0, 1.4, 2.0)
BEYOND = (1.25, 1.6, 2.0, 3.0, 5.0)


def plateau_epoch(
    values: Sequence[float] | Float[np.ndarray, " epochs"],
    *,
    share: float = 0.95,
    greater_is_better: bool = True,
) -> int | None:
    """Find the epoch by which a curve has made nearly all of its gain.

    Use it to answer "how many epochs would have been enough?" after a run that was long enough to show it.
    A saturating curve (Janoschek's growth curve) is fitted by least squares, so that noise of single epochs
    does not decide; where the curve turns (overfitting), only its way up to the best epoch is fitted.

        y(t) = a - (a - b) exp(-k t^d),   plateau where y(t) - b = share (a - b)

    Args:
        values: one value per epoch, from the first epoch on.
        share: part of the whole gain that counts as having levelled off.
        greater_is_better: false for a loss.

    Returns:
        The epoch, counted from 1; none where the curve is still on its way, or never moved.

    Raises:
        InputError: when values are not finite numbers, or share is not between 0 and 1.

    Example:
        >>> accuracy = [0.9 - 0.4 * 0.8**epoch for epoch in range(50)]
        >>> plateau_epoch(accuracy)  # 0.8**13 is 0.055, 0.8**14 is 0.044
        15

    Source:
        Domhan, Springenberg and Hutter (2015), "Speeding up Automatic Hyperparameter Optimization of Deep
        Neural Networks by Extrapolation of Learning Curves", IJCAI (the curve).
        Differs: the answer is the time to a share of the gain, not an extrapolated final value.
    """
    curve = np.asarray(values, dtype=np.float64)
    if curve.ndim != 1 or not np.isfinite(curve).all():
        raise InputError("values must be finite numbers, one per epoch", f"{curve!r:.60}", "drop the others")
    if not 0 < share < 1:
        raise InputError("share must lie between 0 and 1", str(share), "0.95 is usual")
    curve = _up_to_turn(curve if greater_is_better else -curve)
    if len(curve) < 5:
        return None
    explained, last, gain = _saturating_fit(curve, share)
    moved = gain > 0 and explained > 0.5
    return last + 1 if moved and last < len(curve) else None


def noise_level(values: Float[np.ndarray, " epochs"]) -> float:
    """Estimate the jitter of a curve from one epoch to the next, whatever its trend.

    Second differences cancel a trend that is straight over three epochs; their median absolute value is
    not moved by single jumps.

    Example:
        >>> noise_level(np.arange(10.0))
        0.0
    """
    if len(values) < 3:
        return 0.0
    return float(np.median(np.abs(np.diff(values, 2))) / 0.6745 / np.sqrt(6))  # 1 + 4 + 1 variances


def smoothed(values: Float[np.ndarray, " epochs"], width: int = 3) -> Float[np.ndarray, " epochs"]:
    """Take the running mean over `width` epochs, over fewer at the ends.

    Example:
        >>> smoothed(np.array([0.0, 3.0, 0.0])).tolist()
        [1.5, 1.0, 1.5]
    """
    ones = np.ones(min(width, len(values)))
    total = np.convolve(values, ones, mode="same")
    return total / np.convolve(np.ones(len(values)), ones, mode="same")


def _up_to_turn(curve: Float[np.ndarray, " epochs"]) -> Float[np.ndarray, " epochs"]:
    smooth = smoothed(curve, 5)
    if len(curve) < 5:
        return curve
    best = int(smooth.argmax())
    fell = smooth[best] - smooth[-1]
    turned = fell > max(3 * noise_level(curve), 0.05 * float(np.ptp(smooth)))
    return curve[: best + 1] if turned else curve


def _saturating_fit(curve: Float[np.ndarray, " epochs"], share: float) -> tuple[float, int, float]:
    """Return the share of variance explained, the plateau (counted from 0) and the gain of the best fit.

    With the plateau and the shape given, the curve is linear in its two levels: so every plateau is tried
    with every shape, and the levels follow by regression. No starting values, no local minimum.
    """
    n = len(curve)
    plateaus = np.r_[np.arange(1, n - 0.5, 0.5), n * np.array(BEYOND)]
    time = np.arange(n, dtype=np.float64)
    centred = curve - curve.mean()
    total = float(centred @ centred) or 1.0
    best = (-1.0, n, 0.0)
    for shape in SHAPES:
        left = (1 - share) ** ((time / plateaus[:, None]) ** shape)  # (plateau, epoch), from 1 down to 0
        left -= left.mean(axis=1, keepdims=True)
        slope = left @ centred / (left * left).sum(axis=1)
        explained = slope * (left @ centred) / total
        winner = int(explained.argmax())
        best = max(best, (float(explained[winner]), math.ceil(plateaus[winner]), -float(slope[winner])))
    return best
