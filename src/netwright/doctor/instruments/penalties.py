"""Whether a penalty does what it should: more of it makes the loss larger."""

import itertools
from collections.abc import Callable, Sequence

from netwright.doctor.finding import Finding

STRENGTHS = (0.0, 1e-3, 1e-2, 1e-1, 1.0)


def examine_penalty(
    loss_at: Callable[[float], float], strengths: Sequence[float] = STRENGTHS
) -> list[Finding]:
    """Look whether a loss grows with the strength of its penalty on weights that stay as they are.

    Use it for a weight penalty that is written into the loss. One that lowers the loss has its sign turned
    round and drives the weights out of bounds; one that changes nothing is not connected.

    Args:
        loss_at: strength -> loss, of the same weights and rows each time.
        strengths: that are tried, from the least to the largest.

    Example:
        >>> [one.kind for one in examine_penalty(lambda strength: 2.3 - strength * 5)]
        ['loss_sign']
        >>> examine_penalty(lambda strength: 2.3 + strength * 5)
        []

    Source:
        Karpathy, Johnson and Li (2015), "CS231n: Convolutional Neural Networks for Visual Recognition".
    """
    values = [float(loss_at(strength)) for strength in strengths]
    falls = sum(later < earlier for earlier, later in itertools.pairwise(values))
    evidence = dict(zip(map(str, strengths), values, strict=True))
    if falls:
        return [
            Finding(
                "loss_sign",
                "error",
                f"From a strength of {strengths[0]:g} to {strengths[-1]:g} the loss goes from "
                f"{values[0]:.4g} to {values[-1]:.4g}: the penalty is taken off.",
                evidence=evidence,
                remedy="Add the penalty to the loss.",
            )
        ]
    if values[0] == values[-1]:
        return [
            Finding(
                "loss_weights",
                "error",
                f"The loss is {values[0]:.4g} for every strength: the penalty does not count.",
                evidence=evidence,
                remedy="Look whether the penalty enters the loss, and whether it sees the weights.",
            )
        ]
    return []
