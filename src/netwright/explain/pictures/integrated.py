"""Integrated gradients: an answer divided among the pixels, with nothing left over."""

import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.explain.pictures.view import View, look, per_batch

MOST_STEPS = 1024
"""Points on the way from the baseline beyond which no row is refined."""


def integrated_gradients(
    model: Any,
    images: Any,
    target: Any = None,
    *,
    baseline: Any = None,
    steps: int = 32,
    tolerance: float = 0.01,
    batch_size: int = 64,
) -> Tensor:
    """Return how much each pixel has contributed to an answer; the contributions sum up to the answer.

    Use it where shares are wanted instead of a picture to look at, down to single pixels and channels: all
    that the answer gains between the baseline and the picture is accounted for. Rows whose sum is off by more
    than `tolerance` are computed again with twice as many points, and again, up to 1,024.

        a_i = (x_i - b_i) integral over t from 0 to 1 of d answer_c / d x_i (b + t (x - b))
        sum_i a_i = answer_c(x) - answer_c(b)

    Args:
        model: a network that has a gradient, or a fitted estimator of `netwright.vision`.
        images: (rows, channels, height, width); all that the estimator reads.
        target: number of an output, or label of an estimator; one, or one for each row; None for the
            likeliest.
        baseline: the picture without anything in it, in units of the pictures: a number, or what broadcasts
            to them; None for 0, which is black.
        steps: points on the way, of Gauss and Legendre's rule, to begin with.
        tolerance: by which share of the gain a sum may be off.
        batch_size: pictures at once.

    Returns:
        Contributions (rows, channels, height, width), in units of the answer.

    Raises:
        InputError: when the baseline does not fit, or steps or tolerance are too small.

    Example:
        >>> from torch import nn
        >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False))
        >>> _ = nn.init.ones_(network[1].weight)
        >>> integrated_gradients(network, torch.tensor([[[[1.0, 2.0], [0.0, 3.0]]]])).round(decimals=3)
        tensor([[[[1., 2.],
                  [0., 3.]]]])

    Source:
        Sundararajan, Taly and Yan (2017), "Axiomatic Attribution for Deep Networks", arXiv:1703.01365.

        Differs: Gauss and Legendre's points instead of equal steps, and more of them where they are needed.
    """
    if steps < 1 or tolerance <= 0:
        came = f"{steps} and {tolerance}"
        raise InputError("steps must be 1 or more, and tolerance above 0", came, "leave both out")
    view = look(model, images, target)
    black = _baseline(view, baseline)

    def scores(pictures: Tensor, rows: Tensor) -> Tensor:
        with torch.no_grad():
            return view.score(view.network(pictures), rows)

    gain = per_batch(view, batch_size, scores)
    gain = gain - per_batch(View(view.network, black, view.target, view.sign), batch_size, scores)
    parts = torch.zeros_like(view.images)
    open_rows = torch.arange(len(gain))
    while len(open_rows):
        parts[open_rows] = _integral(view, black, open_rows, steps, batch_size)
        gap = (parts[open_rows].double().sum((1, 2, 3)) - gain[open_rows]).abs()
        open_rows = open_rows[gap > tolerance * gain[open_rows].abs() + 1e-6]
        steps *= 2
        if steps > MOST_STEPS:
            break
    if len(open_rows):
        some = open_rows[:5].tolist()
        text = f"the contributions of {len(open_rows)} pictures are off by over {tolerance:.0%}: rows {some}"
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    return parts


def _baseline(view: View, baseline: Any) -> Tensor:
    given = torch.as_tensor(0.0 if baseline is None else baseline).float()
    try:
        return given.expand_as(view.images).contiguous()
    except RuntimeError as error:
        came = f"{tuple(given.shape)} for {tuple(view.images.shape)}"
        raise InputError("baseline must broadcast to the pictures", came, "give a number") from error


def _integral(view: View, black: Tensor, chosen: Tensor, steps: int, batch_size: int) -> Tensor:
    points, weights = np.polynomial.legendre.leggauss(steps)
    way = list(zip((points + 1) / 2, weights / 2, strict=True))
    some = View(view.network, view.images[chosen], view.target[chosen], view.sign[chosen])

    def ask(pictures: Tensor, rows: Tensor) -> Tensor:
        start = black[chosen[rows]].to(pictures)
        total = torch.zeros_like(pictures)
        for share, weight in way:
            between = torch.lerp(start, pictures, float(share)).requires_grad_()
            with torch.enable_grad():
                score = some.score(some.network(between), rows).sum()
                (gradient,) = torch.autograd.grad(score, between)
            total += float(weight) * gradient
        return (pictures - start) * total

    return per_batch(some, batch_size, ask)
