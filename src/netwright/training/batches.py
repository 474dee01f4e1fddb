"""Batches of whatever form: what is done to each tensor in them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def map_tensors(batch: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Return the batch with every tensor in it replaced.

    Args:
        batch: a tensor, a tuple, list or dictionary of batches, or anything else, which stays as it is.
        function: tensor -> tensor.

    Example:
        >>> map_tensors((torch.arange(4), None), lambda tensor: tensor[1:3])
        (tensor([1, 2]), None)
    """
    if isinstance(batch, Tensor):
        return function(batch)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(map_tensors(part, function) for part in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(map_tensors(part, function) for part in batch)
    if isinstance(batch, dict):
        return {name: map_tensors(part, function) for name, part in batch.items()}
    return batch


def move(batch: Any, device: torch.device) -> Any:
    """Return the batch with every tensor in it on the device.

    Args:
        batch: as in `map_tensors`.
        device: where to.

    Example:
        >>> move((torch.zeros(1), None), torch.device("cpu"))
        (tensor([0.]), None)
    """
    return map_tensors(batch, lambda tensor: tensor.to(device))


def lay_channels_last(batch: Any) -> Any:
    """Return the batch with every tensor of four axes laid in memory with its channels last.

    Args:
        batch: as in `map_tensors`.

    Example:
        >>> lay_channels_last(torch.zeros(1, 2, 3, 4)).stride()
        (24, 1, 8, 2)
    """
    return map_tensors(
        batch,
        lambda tensor: tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor,
    )
