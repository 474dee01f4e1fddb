"""What all augmentations of pictures share: what a batch is, and which rows are changed."""

import torch
from torch import Tensor

from netwright.core.errors import InputError


def check_pictures(inputs: Tensor) -> None:
    """Raise unless a batch holds pictures.

    Args:
        inputs: uint8 or floats (batch, channels, height, width).

    Raises:
        InputError: when it has other axes or another type.

    Example:
        >>> check_pictures(torch.zeros(4, 3, 8, 8))
    """
    if inputs.ndim != 4 or not (inputs.dtype == torch.uint8 or inputs.is_floating_point()):
        expected = "pictures must be uint8, or floats from 0 to 1, of (batch, channels, height, width)"
        came = f"{inputs.dtype} of shape {tuple(inputs.shape)}"
        raise InputError(expected, came, "netwright.data.read_images brings pictures to this form")


def check_share(name: str, share: float) -> None:
    """Raise unless a share lies between 0 and 1.

    Args:
        name: what it is called.
        share: the number.

    Raises:
        InputError: when it lies outside.

    Example:
        >>> check_share("share", 0.5)
    """
    if not 0 <= share <= 1:
        raise InputError(f"{name} must be between 0 and 1", f"{share}", "0.5 is usual")


def drawn(inputs: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return which rows are changed, (batch, 1, 1, 1), drawn on the processor.

    Args:
        inputs: the batch.
        share: of the rows, on average.
        generator: on the processor.

    Example:
        >>> drawn(torch.zeros(3, 1, 2, 2), 1.0, torch.Generator()).flatten()
        tensor([True, True, True])
    """
    return uniform(inputs, 0.0, 1.0, generator)[:, None, None, None] < share


def uniform(inputs: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Return a number for each row, (batch), drawn on the processor.

    Args:
        inputs: the batch.
        low: the smallest.
        high: the largest.
        generator: on the processor.

    Example:
        >>> uniform(torch.zeros(2, 1, 2, 2), 3.0, 3.0, torch.Generator())
        tensor([3., 3.])
    """
    return (low + (high - low) * torch.rand(len(inputs), generator=generator)).to(inputs.device)


def as_floats(inputs: Tensor) -> tuple[Tensor, float]:
    """Return a batch as float32 or wider, and what white is in it.

    Args:
        inputs: the batch.

    Example:
        >>> as_floats(torch.tensor([[[[7]]]], dtype=torch.uint8))
        (tensor([[[[7.]]]]), 255.0)
    """
    if inputs.dtype == torch.uint8:
        return inputs.float(), 255.0
    return inputs, 1.0


def as_given(changed: Tensor, inputs: Tensor) -> Tensor:
    """Return changed pictures in the type of the batch that they come from, cut to black and white.

    Args:
        changed: of `as_floats`.
        inputs: the batch.

    Example:
        >>> as_given(torch.tensor([[[[300.0]]]]), torch.zeros(1, 1, 1, 1, dtype=torch.uint8))
        tensor([[[[255]]]], dtype=torch.uint8)
    """
    if inputs.dtype == torch.uint8:
        return changed.round().clamp_(0, 255).to(torch.uint8)
    return changed.clamp(0, 1).to(inputs.dtype)
