"""Losses whose gradient with respect to the outputs is written down: mean loss and gradient in a few calls.

Each takes outputs and targets, and row weights or None; a weight multiplies its row's loss before the mean
over all rows. What autograd would compute from the same loss comes out.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EXACT = 40.0  # from here on log(1 + exp(z)) is z to the last bit, also in float64
PER_ROW, NEVER = 0, -100  # the reduction and the class number that torch's kernels leave out
NLL = torch.ops.aten.nll_loss_forward.default
NLL_BACKWARD = torch.ops.aten.nll_loss_backward.default

Answer = tuple[Tensor, Tensor]
"""A mean loss, and its gradient with respect to the outputs."""

ClosedForm = Callable[[Tensor, Tensor, Tensor | None], Answer]


def binary_cross_entropy(outputs: Tensor, target: Tensor, weight: Tensor | None = None) -> Answer:
    """Return the mean cross-entropy of logits, and its gradient.

        loss = log(1 + exp(z)) - y z,   gradient = sigmoid(z) - y

    Args:
        outputs: logits, (rows, ...).
        target: from 0 to 1, of the same shape.
        weight: (rows), or None.

    Example:
        >>> binary_cross_entropy(torch.zeros(1, 1), torch.ones(1, 1))
        (tensor(0.6931), tensor([[-0.5000]]))
    """
    losses = F.softplus(outputs, 1.0, EXACT).addcmul_(outputs, target, value=-1)
    return _mean(losses, torch.sigmoid(outputs).sub_(target), weight)


def cross_entropy(outputs: Tensor, target: Tensor, weight: Tensor | None = None) -> Answer:
    """Return the mean cross-entropy of logits of classes, and its gradient.

        loss = -sum_c t_c log softmax(z)_c,   gradient = softmax(z) sum(t) - t

    Args:
        outputs: logits, (rows, classes).
        target: class numbers, (rows), or probabilities, (rows, classes).
        weight: (rows), or None.

    Example:
        >>> cross_entropy(torch.zeros(1, 2), torch.tensor([1]))
        (tensor(0.6931), tensor([[ 0.5000, -0.5000]]))
    """
    n_rows = outputs.shape[0]
    logs = torch.log_softmax(outputs, 1)
    share = outputs.new_full((n_rows,), 1 / n_rows) if weight is None else weight.to(outputs.dtype) / n_rows
    if target.ndim == 1:
        losses, total = NLL(logs, target, None, PER_ROW, NEVER)
        loss = torch.dot(losses, share)
        along = NLL_BACKWARD(share, logs, target, None, PER_ROW, NEVER, total)
    else:
        along = target * -share.unsqueeze(1)
        loss = (along * logs).sum()
    return loss, torch._log_softmax_backward_data(along, logs, 1, logs.dtype)


def squared_error(outputs: Tensor, target: Tensor, weight: Tensor | None = None) -> Answer:
    """Return the mean squared error, and its gradient, 2 (y - t).

    Args:
        outputs: (rows, ...).
        target: of the same shape.
        weight: (rows), or None.

    Example:
        >>> squared_error(torch.tensor([[3.0]]), torch.tensor([[1.0]]))
        (tensor(4.), tensor([[4.]]))
    """
    error = outputs - target
    return _mean(error.square(), error.mul_(2), weight)


def absolute_error(outputs: Tensor, target: Tensor, weight: Tensor | None = None) -> Answer:
    """Return the mean absolute error, and its gradient, sign(y - t).

    Args:
        outputs: (rows, ...).
        target: of the same shape.
        weight: (rows), or None.

    Example:
        >>> absolute_error(torch.tensor([[3.0]]), torch.tensor([[1.0]]))
        (tensor(2.), tensor([[1.]]))
    """
    error = outputs - target
    return _mean(error.abs(), error.sign_(), weight)


def huber_error(
    outputs: Tensor, target: Tensor, weight: Tensor | None = None, *, delta: float = 1.0
) -> Answer:
    """Return Huber's mean error, and its gradient, y - t cut to -delta and delta.

    Args:
        outputs: (rows, ...).
        target: of the same shape.
        weight: (rows), or None.
        delta: the error beyond which it counts linearly.

    Example:
        >>> huber_error(torch.tensor([[3.0]]), torch.tensor([[0.0]]))
        (tensor(2.5000), tensor([[1.]]))
    """
    losses = F.huber_loss(outputs, target, reduction="none", delta=delta)
    return _mean(losses, (outputs - target).clamp_(-delta, delta), weight)


def closed_form(loss: Any) -> ClosedForm | None:
    """Return the closed form of a torch loss with its default settings, or None where there is none.

    Args:
        loss: (prediction, target) -> loss.

    Example:
        >>> closed_form(nn.MSELoss()) is squared_error, closed_form(nn.CrossEntropyLoss(label_smoothing=0.1))
        (True, None)
    """
    kind = type(loss)
    if kind is nn.HuberLoss:
        return partial(huber_error, delta=loss.delta)
    if kind is nn.CrossEntropyLoss:
        plain = loss.weight is None and loss.label_smoothing == 0 and loss.ignore_index == NEVER
        return cross_entropy if plain else None
    if kind is nn.BCEWithLogitsLoss:
        return binary_cross_entropy if loss.weight is None and loss.pos_weight is None else None
    return {nn.MSELoss: squared_error, nn.L1Loss: absolute_error}.get(kind)


def answer(form: ClosedForm, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
    """Return what a closed form gives, or None where it is not written for such shapes or types.

    Args:
        form: the closed form.
        outputs: of the network.
        target: what they are compared with.
        weight: (rows), or None.

    Example:
        >>> outputs, numbers = torch.zeros(1, 2), torch.tensor([1])
        >>> answer(cross_entropy, outputs, numbers, None)
        (tensor(0.6931), tensor([[ 0.5000, -0.5000]]))
        >>> answer(squared_error, outputs, numbers, None) is None
        True
    """
    alike = target.shape == outputs.shape and target.dtype == outputs.dtype
    numbers = form is cross_entropy and target.dtype is torch.int64 and target.shape == outputs.shape[:1]
    return form(outputs, target, weight) if outputs.ndim == 2 and (alike or numbers) else None


def _mean(losses: Tensor, gradient: Tensor, weight: Tensor | None) -> Answer:
    """The weighted mean over all numbers, and the gradient that belongs to it."""
    if weight is None:
        return losses.mean(), gradient.mul_(1 / losses.numel())
    share = weight.to(losses.dtype).view(-1, *[1] * (losses.ndim - 1)) / losses.numel()
    return (losses * share).sum(), gradient.mul_(share)
