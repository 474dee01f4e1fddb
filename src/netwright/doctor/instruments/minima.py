"""How sharp the minimum is that a training has found."""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor

STEPS = 10


def sharpness(
    loss_of: Callable[[], Float[Tensor, ""]], parameters: Iterable[Tensor], *, size: float = 1e-3
) -> float:
    """Return by how many per cent of one plus itself the loss grows at most in a box around the weights.

    Use it to compare trainings with batches of different sizes: large batches tend to end in sharper minima,
    whose loss on other rows is higher. The weights are put back.

        phi = 100 (max of f(w + v) - f(w)) / (1 + f(w)),    |v_i| <= size (|w_i| + 1)

    The maximum is looked for by 10 steps of ascent along the signs of the gradient.

    Args:
        loss_of: the loss of all training rows at the present weights.
        parameters: whose weights are moved.
        size: of the box.

    Example:
        >>> w = torch.tensor([1.0], requires_grad=True)
        >>> flat, sharp = (sharpness(lambda: (c * (w - 1) ** 2).sum(), [w]) for c in (1.0, 100.0))
        >>> sharp > 50 * flat > 0
        True

    Source:
        Keskar, Mudigere, Nocedal, Smelyanskiy and Tang (2017), "On Large-Batch Training for Deep Learning:
        Generalization Gap and Sharp Minima", arXiv:1609.04836.
    Differs:
        signed ascent in place of L-BFGS-B, so that nothing but gradients is needed.
    """
    weights = [one for one in parameters if one.requires_grad]
    first = [one.detach().clone() for one in weights]
    bounds = [size * (one.abs() + 1) for one in first]
    with torch.no_grad():
        start = float(loss_of())
        generator = torch.Generator().manual_seed(0)
        for one, bound in zip(weights, bounds, strict=True):  # at a minimum itself there is no gradient
            one.add_(bound * 0.1 * torch.randn(one.shape, generator=generator).sign())
    highest = start
    try:
        for _ in range(STEPS):
            highest = max(highest, _ascend(loss_of, weights, first, bounds))
    finally:
        with torch.no_grad():
            for one, before in zip(weights, first, strict=True):
                one.copy_(before)
    return 100 * (highest - start) / (1 + start)


def _ascend(
    loss_of: Callable[[], Tensor], weights: list[Tensor], first: list[Tensor], bounds: list[Tensor]
) -> float:
    """Take one step within the box, and return the loss behind it."""
    with torch.enable_grad():
        gradients = torch.autograd.grad(loss_of(), weights, allow_unused=True)
    with torch.no_grad():
        for one, before, bound, gradient in zip(weights, first, bounds, gradients, strict=True):
            if gradient is not None:
                moved = one + 2 * bound / STEPS * gradient.sign()
                one.copy_(torch.maximum(torch.minimum(moved, before + bound), before - bound))
        return float(loss_of())
