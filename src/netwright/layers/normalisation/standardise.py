"""Standardising of inputs as the first module of a network, with numbers that are learned before training."""

import math
from collections.abc import Iterable, Sequence
from typing import final

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from netwright.core.errors import InputError

ROWS_AT_ONCE, NUMBERS_AT_ONCE = 4096, 1 << 24
"""Images that are summed at once, so that no copy of all of them in a wider type is made."""


@final
class Standardise(nn.Module):
    """Takes the mean of each channel off and divides by its scale; bytes come in, float32 goes out.

    Use it as the first module of a network for images: pictures stay in memory as bytes, a quarter of what
    float32 takes, and a network that is saved carries its own preparation with it. Mean and scale are
    buffers, which no optimizer moves; learn them from training rows alone by `Standardise.of`.

        y = (x - mean) / scale   for each channel

    Args:
        mean: of each channel.
        scale: of each channel, above 0: its standard deviation.

    Raises:
        InputError: when there are not as many scales as means, or a scale is not above 0.

    Example:
        >>> layer = Standardise(mean=[127.5], scale=[127.5])
        >>> layer(torch.tensor([[[[0, 255]]]], dtype=torch.uint8))
        tensor([[[[-1.,  1.]]]])

    Source:
        LeCun, Bottou, Orr and Müller (1998), "Efficient BackProp", Lecture Notes in Computer Science 1524.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Sequence[float], scale: Sequence[float]) -> None:
        super().__init__()
        if len(mean) != len(scale) or not len(mean) or not all(one > 0 for one in scale):
            raise InputError(
                "mean and scale must hold one number for each channel, the scale above 0",
                f"{list(mean)} and {list(scale)}",
                "learn both by Standardise.of(images)",
            )
        self.register_buffer("mean", torch.tensor(list(mean), dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(list(scale), dtype=torch.float32))

    @classmethod
    def of(cls, x: UInt8[Tensor, "rows channels ..."] | Float[Tensor, "rows channels ..."]) -> "Standardise":
        """Return the layer that gives these rows the mean 0 and the standard deviation 1 in each channel.

        A channel that is constant gets the scale 1.

        Args:
            x: training rows alone.

        Raises:
            InputError: when there is no row.

        Example:
            >>> Standardise.of(torch.tensor([[[0, 2]]], dtype=torch.uint8)).mean
            tensor([1.])
        """
        return cls.of_parts(x.split(rows_of_a_part(x.shape[1:])))  # type: ignore[no-untyped-call]

    @classmethod
    def of_parts(cls, parts: Iterable[Tensor]) -> "Standardise":
        """Return the same for rows that come in parts, such as pictures that are read from files.

        Args:
            parts: (some rows, channels, ...); cut by `rows_of_a_part` the bits are those of `of`.

        Raises:
            InputError: when there is no row.

        Example:
            >>> x = torch.arange(12.0).reshape(3, 2, 2)
            >>> torch.equal(Standardise.of_parts(x.split(2)).mean, Standardise.of(x).mean)
            True
        """
        count, total, first = 0, torch.zeros(2, 1, dtype=torch.float64), torch.zeros(1)
        for part in parts:
            if not count:  # near the mean, so that no digits are lost
                first = part[:1].double().transpose(0, 1).flatten(1).mean(1)
            values = part.double().transpose(0, 1).flatten(1) - first[:, None]  # (channels, all the rest)
            count += values.shape[1]
            total = total + torch.stack([values.sum(1), values.square().sum(1)]).cpu()
        if not count:
            raise InputError("x must have one row or more", "none", "give the rows of training")
        offset, square = total / count
        scale = (square - offset.square()).clamp(min=0).sqrt()
        tiny = 1e-9 * (first.cpu() + offset).abs()
        return cls((first.cpu() + offset).tolist(), torch.where(scale > tiny, scale, 1.0).tolist())

    def forward(
        self, x: UInt8[Tensor, "batch channels ..."] | Float[Tensor, "batch channels ..."]
    ) -> Float[Tensor, "batch channels ..."]:
        axes = (-1, *(1,) * (x.ndim - 2))
        return (x.to(self.mean.dtype) - self.mean.view(axes)) / self.scale.view(axes)

    def extra_repr(self) -> str:
        return f"mean={self.mean.tolist()}, scale={self.scale.tolist()}"


def rows_of_a_part(row: Sequence[int]) -> int:
    """Return how many rows are summed up at once, so that no copy of all in float64 is made.

    Args:
        row: the shape of one.

    Example:
        >>> rows_of_a_part((1, 28, 28)), rows_of_a_part((3, 128, 128))
        (4096, 341)
    """
    return max(1, min(ROWS_AT_ONCE, NUMBERS_AT_ONCE // max(1, math.prod(row))))
