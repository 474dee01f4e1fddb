"""Numbers of a step: its loss, and how long its gradient is."""

import torch
from torch import Tensor
from torch.optim import Optimizer


def gradient_norm(optimizer: Optimizer, *, measured: bool) -> float | None:
    """Return the length of all gradients together; None where there are none, NaN where it was not measured.

    Sparse gradients are not measured.

    Args:
        optimizer: about to take a step.
        measured: whether to measure it, or only to see that there are any.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> optimizer = torch.optim.SGD([weight])
        >>> weight.grad = torch.tensor([3.0, 4.0])
        >>> gradient_norm(optimizer, measured=True), gradient_norm(optimizer, measured=False)
        (5.0, nan)
    """
    found: list[Tensor] = []
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                if not measured or parameter.grad.is_sparse:
                    return float("nan")
                found.append(parameter.grad)
    if not found:
        return None
    return float(torch.stack([one.float() for one in torch._foreach_norm(found)]).norm())


def loss_value(loss: Tensor) -> float:
    """Return a loss as a number, the sum where it has an entry for each row.

    Args:
        loss: that is differentiated.

    Example:
        >>> loss_value(torch.ones(3))
        3.0
    """
    return float(loss.item() if loss.numel() == 1 else loss.detach().sum())
