"""Convolutions over series and the mean over time: the fully convolutional network, the residual one."""

from collections.abc import Sequence
from typing import cast, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import AverageOverTime, SequenceConvolution


@final
class SequenceFCN(nn.Module):
    """Three convolutions over time with batch normalisation, and the mean of each map over all steps.

    Use it to classify series by what happens in them, wherever that is; it learns far faster than recurrent
    networks on long series, and takes series of any lengths. Steps that are not real have no influence, on
    batch statistics neither.

        h = relu(norm(W_k * h)) once for each kernel;   y = W mean_t h_t + b

    Args:
        n_features: of a step.
        n_outputs: numbers of an answer.
        widths: maps of each convolution.
        kernel_sizes: steps that each sees.
        stride: steps from one place that the first convolution looks at to the next; more than 1 thins long
            series out.

    Raises:
        InputError: when there are not as many kernel sizes as widths.

    Example:
        >>> SequenceFCN(n_features=3, n_outputs=2, widths=(4, 8, 4))(torch.zeros(5, 30, 3)).shape
        torch.Size([5, 2])

    Source:
        Wang, Yan and Oates (2016), "Time Series Classification from Scratch with Deep Neural Networks: A
        Strong Baseline", arXiv:1611.06455.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        widths: Sequence[int] = (128, 256, 128),
        kernel_sizes: Sequence[int] = (8, 5, 3),
        stride: int = 1,
    ) -> None:
        super().__init__()
        if len(widths) != len(kernel_sizes) or not widths:
            came = f"{len(widths)} and {len(kernel_sizes)}"
            raise InputError("widths and kernel_sizes must be as many, one at least", came, "give pairs")
        below, strides = [n_features, *widths], [stride] + [1] * len(widths)
        self.stages = nn.ModuleList(
            _Stage(*sizes) for sizes in zip(below, widths, kernel_sizes, strides, strict=False)
        )
        self.pool = AverageOverTime()
        self.out = nn.Linear(widths[-1], n_outputs)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch outputs"]:
        for stage in self.stages:
            x, mask = stage(x, mask)
            x = torch.relu(x)
        return cast("Tensor", self.out(self.pool(x, mask)))


@final
class SequenceResNet(nn.Module):
    """Residual blocks of three convolutions over time, and the mean of each map over all steps.

    Use it in place of `SequenceFCN` where a deeper network pays, as on longer series; it takes about twice
    the time.

        h = relu(block(h) + shortcut(h)) once for each width;   y = W mean_t h_t + b

    Args:
        n_features: of a step.
        n_outputs: numbers of an answer.
        widths: maps of each block.
        kernel_sizes: steps that the convolutions of a block see.

    Example:
        >>> SequenceResNet(n_features=3, n_outputs=2, widths=(4, 8))(torch.zeros(5, 30, 3)).shape
        torch.Size([5, 2])

    Source:
        Wang, Yan and Oates (2016), "Time Series Classification from Scratch with Deep Neural Networks: A
        Strong Baseline", arXiv:1611.06455.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        widths: Sequence[int] = (64, 128, 128),
        kernel_sizes: Sequence[int] = (8, 5, 3),
    ) -> None:
        super().__init__()
        below = [n_features, *widths]
        self.blocks = nn.ModuleList(
            _Block(inside, out, kernel_sizes) for inside, out in zip(below, widths, strict=False)
        )
        self.pool = AverageOverTime()
        self.out = nn.Linear(widths[-1], n_outputs)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch outputs"]:
        for block in self.blocks:
            x = block(x, mask)
        return cast("Tensor", self.out(self.pool(x, mask)))


class _Stage(nn.Module):
    """A convolution, and batch normalisation over the real steps."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = SequenceConvolution(n_in, n_out, kernel_size, stride, bias=False)
        self.norm = nn.BatchNorm1d(n_out)

    def forward(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        x = self.convolution(x, mask)
        if mask is None:
            return cast("Tensor", self.norm(x.mT)).mT, None
        mask = mask[:, :: self.convolution.stride[0]]
        real = self.norm(x[mask])
        return torch.zeros_like(x, dtype=real.dtype).masked_scatter(mask[:, :, None], real), mask


class _Block(nn.Module):
    """Some stages, and a way past them."""

    def __init__(self, n_in: int, n_out: int, kernel_sizes: Sequence[int]) -> None:
        super().__init__()
        below = [n_in] + [n_out] * len(kernel_sizes)
        self.stages = nn.ModuleList(
            _Stage(inside, n_out, size) for inside, size in zip(below, kernel_sizes, strict=False)
        )
        self.shortcut = _Stage(n_in, n_out, 1) if n_in != n_out else None

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        past = x if self.shortcut is None else self.shortcut(x, mask)[0]
        *first, last = self.stages
        for stage in first:
            x = torch.relu(stage(x, mask)[0])
        return torch.relu(last(x, mask)[0] + past)
