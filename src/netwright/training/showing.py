"""A step by autograd for those who look on, of which nothing is left."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def show(network: nn.Module, loss: Callable[[nn.Module, Any], Tensor], batch: Any) -> None:
    """Compute a loss and its gradients, and leave gradients, buffers and random streams as they were.

    Args:
        network: of the loss.
        loss: (network, batch) -> number.
        batch: of rows.

    Example:
        >>> network = nn.Linear(2, 1)
        >>> show(network, lambda network, rows: network(rows).sum(), torch.ones(3, 2))
        >>> network.weight.grad is None
        True
    """
    gradients = [(one, one.grad) for one in network.parameters()]
    buffers = [(one, one.clone()) for one in network.buffers()]
    for parameter, _ in gradients:
        parameter.grad = None
    try:
        with torch.random.fork_rng(), torch.enable_grad():
            loss(network, batch).backward()  # type: ignore[no-untyped-call]
    finally:
        for parameter, gradient in gradients:
            parameter.grad = gradient
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
