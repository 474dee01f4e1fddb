"""A loss of one's own put to the test: its sign, its reduction, its numbers, its gradient."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from netwright.doctor.finding import Finding

DRAWS = 8
"""Of answers, beside the given ones, at which sign and gradient are looked at."""
EXTREMES = (0.0, 1.0, -1.0, 100.0, -100.0)
"""Factors of the given answers at which a loss and its gradient must be numbers."""


def examine_loss(
    loss: Callable[[Tensor, Tensor], Tensor],
    prediction: Float[Tensor, " rows ..."],
    target: Shaped[Tensor, " rows ..."],
) -> list[Finding]:
    """Look for the faults that loss functions of one's own have most often.

    Use it before the first training with a loss that you wrote. It must be one number with a gradient, and
    a number for large answers as well; along its gradient answers must come nearer to their targets; and it
    should not grow with the rows of a batch, which is information only.

    Args:
        loss: (prediction, target) -> loss.
        prediction: answers as the network gives them, such as scores or numbers.
        target: class labels (rows,) for scores (rows, classes, ...), or numbers of the prediction's shape.

    Example:
        >>> answers, wanted = torch.randn(8, 1), torch.randn(8, 1)
        >>> [one.kind for one in examine_loss(lambda p, y: -((p - y) ** 2).mean(), answers, wanted)]
        ['loss_sign']

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    prediction = prediction.detach()
    value = _value(loss, prediction, target)
    if value.numel() != 1:
        return [
            Finding(
                "loss_reduction",
                "error",
                f"The loss is of shape {tuple(value.shape)}: backward() takes one number.",
                evidence={"shape": list(value.shape)},
                remedy="Take the mean over the rows.",
            )
        ]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        size = prediction.std() if prediction.numel() > 1 else torch.ones(())
        draws = [prediction, *(torch.randn_like(prediction) * size for _ in range(DRAWS))]
    gradients = [_gradient(loss, one, target) for one in draws]
    if all(one is None or not bool(one.any()) for one in gradients):
        return [
            Finding(
                "detached_graph",
                "error",
                f"The loss has no gradient in {len(gradients)} of {len(gradients)} answers.",
                evidence={"answers": len(gradients)},
                remedy="Leave out item(), detach(), argmax and round; what is left has to be differentiable.",
            )
        ]
    return [
        *_numbers(loss, prediction, target),
        *_sign(draws, gradients, target),
        *_reduction(loss, prediction, target, float(value.detach())),
    ]


def _value(loss: Callable[[Tensor, Tensor], Tensor], prediction: Tensor, target: Tensor) -> Tensor:
    return loss(prediction.clone().requires_grad_(), target)


def _gradient(loss: Callable[[Tensor, Tensor], Tensor], prediction: Tensor, target: Tensor) -> Tensor | None:
    answer = prediction.clone().requires_grad_()
    value = loss(answer, target)
    if not value.requires_grad:
        return None
    return torch.autograd.grad(value.sum(), answer, allow_unused=True)[0]


def _numbers(
    loss: Callable[[Tensor, Tensor], Tensor], prediction: Tensor, target: Tensor
) -> Iterator[Finding]:
    for factor in EXTREMES:
        value = float(_value(loss, factor * prediction, target).detach())
        gradient = _gradient(loss, factor * prediction, target)
        broken = gradient is not None and not bool(torch.isfinite(gradient).all())
        if value == value and abs(value) != torch.inf and not broken:
            continue
        yield Finding(
            "nan_loss",
            "error",
            f"At {factor:g} times these answers the loss is {value:g}"
            + (", and its gradient is no number." if broken else "."),
            evidence={"factor": factor, "loss": value},
            remedy="Use log_softmax, logsigmoid, logsumexp or a clamp before logarithm, root and division.",
        )
        return


def _sign(draws: list[Tensor], gradients: list[Tensor | None], target: Tensor) -> Iterator[Finding]:
    ways = []
    for prediction, gradient in zip(draws, gradients, strict=True):
        nearer = _nearer(prediction, target)
        if gradient is None or nearer is None or not bool(torch.isfinite(gradient).all()):
            return
        ways.append(float((-gradient * nearer).sum()))
    if not all(one < 0 for one in ways):
        return
    yield Finding(
        "loss_sign",
        "error",
        f"A step against the gradient takes {len(ways)} of {len(ways)} answers away from their targets.",
        evidence={"answers": len(ways)},
        remedy="Turn the sign of the loss: what is made smaller must be large where answers are wrong.",
    )


def _nearer(prediction: Tensor, target: Tensor) -> Tensor | None:
    """The direction in which answers become right; None where that is not known."""
    if not target.is_floating_point() and prediction.ndim == target.ndim + 1:
        wanted = torch.zeros_like(prediction).scatter_(1, target.unsqueeze(1).clamp(min=0), 1.0)
        return wanted - wanted.mean(1, keepdim=True)
    if prediction.numel() != target.numel():
        return None
    wanted = target.reshape(prediction.shape).to(prediction.dtype)
    return 2 * wanted - 1 if bool(((wanted == 0) | (wanted == 1)).all()) else wanted - prediction


def _reduction(
    loss: Callable[[Tensor, Tensor], Tensor], prediction: Tensor, target: Tensor, value: float
) -> Iterator[Finding]:
    twice = float(loss(torch.cat([prediction, prediction]), torch.cat([target, target])))
    if value == 0 or abs(twice / value - 2) > 1e-3:
        return
    yield Finding(
        "loss_reduction",
        "info",
        "The loss of the same rows twice is twice the loss: it is a sum, and gradients grow with the batch.",
        evidence={"once": value, "twice": twice},
        remedy="Take the mean over the rows, or choose the rate for this batch size.",
    )
