"""What the Inception networks are made of: normalised convolutions, and ways that run side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

Kernel = int | tuple[int, int]


class Stage:
    """One step of a way through a block, as published: a `Conv` or a `Pool`."""


@final
@dataclass(frozen=True)
class Conv(Stage):
    """A convolution of an Inception network as published, before a `Plan` narrows it.

    Args:
        maps: out.
        kernel: pixels along each axis.
        stride: pixels from one output to the next.
        padded: whether the edges are padded, so that only the stride makes the maps smaller.

    Example:
        >>> Conv(64).kernel
        1
    """

    maps: int
    kernel: Kernel = 1
    stride: int = 1
    padded: bool = True


@final
@dataclass(frozen=True)
class Pool(Stage):
    """A pooling of three by three pixels in an Inception network as published.

    Args:
        mean: whether it takes the mean instead of the largest.
        stride: pixels from one output to the next.
        padded: whether the edges are padded.
        count_padding: whether the mean counts the padding.

    Example:
        >>> Pool(mean=True).stride
        1
    """

    mean: bool = False
    stride: int = 1
    padded: bool = True
    count_padding: bool = False


Way = Sequence[Stage] | Sequence[Mapping[str, Stage]]


@final
class ConvNorm(nn.Module):
    """Convolution without bias, batch normalisation, rectifier: y = relu(B(W * x)).

    Args:
        n_inputs: maps in.
        width: maps out.
        kernel: pixels along each axis.
        stride: pixels from one output to the next.
        padding: zeros around the maps.

    Example:
        >>> ConvNorm(3, 8, 3, 2)(torch.zeros(1, 3, 9, 9)).shape
        torch.Size([1, 8, 4, 4])
    """

    def __init__(
        self,
        n_inputs: int,
        width: int,
        kernel: Kernel = 1,
        stride: int = 1,
        padding: Kernel = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_inputs, width, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(width, eps=1e-3)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        return F.relu(self.bn(self.conv(x)))


@final
@dataclass(frozen=True)
class Plan:
    """How a published Inception network is built: at full size, or narrower and for small pictures.

    Args:
        width: factor on all numbers of maps.
        small: whether the stem keeps the resolution and all else is padded, so that pictures of a few
            pixels do not vanish; names and shapes of weights stay the same.

    Example:
        >>> Plan(width=0.25, small=True).maps(64)
        16
    """

    width: float = 1.0
    small: bool = False

    def maps(self, published: int) -> int:
        """Return how many maps stand for those of the published network.

        Args:
            published: their number there.
        """
        return max(1, round(self.width * published))

    def conv(self, n_inputs: int, conv: Conv) -> ConvNorm:
        """Return a convolution.

        Args:
            n_inputs: maps in, of this network.
            conv: as published.
        """
        high, wide = (conv.kernel, conv.kernel) if isinstance(conv.kernel, int) else conv.kernel
        padding = (high // 2, wide // 2) if conv.padded or self.small else (0, 0)
        return ConvNorm(n_inputs, self.maps(conv.maps), conv.kernel, conv.stride, padding)

    def pool(self, pool: Pool) -> nn.Module:
        """Return a pooling.

        Args:
            pool: as published.
        """
        padding = 1 if pool.padded or self.small else 0
        if pool.mean:
            return nn.AvgPool2d(3, pool.stride, padding, count_include_pad=pool.count_padding)
        return nn.MaxPool2d(3, pool.stride, padding)

    def build(self, n_inputs: int, stages: Stage | Sequence[Stage]) -> tuple[nn.Module, int]:
        """Return one stage or a sequence of them, and the maps that it gives.

        Args:
            n_inputs: maps in, of this network.
            stages: one as published, or several that follow each other.
        """
        if isinstance(stages, Conv):
            return self.conv(n_inputs, stages), self.maps(stages.maps)
        if isinstance(stages, Pool):
            return self.pool(stages), n_inputs
        made = []
        for stage in stages if isinstance(stages, Sequence) else ():
            part, n_inputs = self.build(n_inputs, stage)
            made.append(part)
        return made[0] if len(made) == 1 else nn.Sequential(*made), n_inputs

    def stem(self, n_inputs: int, conv: Conv) -> ConvNorm:
        """Return a convolution of the stem, which does not thin small pictures.

        Args:
            n_inputs: maps in, of this network.
            conv: as published.
        """
        return self.conv(n_inputs, replace(conv, stride=1) if self.small else conv)

    def stem_pool(self) -> nn.Module:
        """Return a pooling of the stem, which small pictures do without."""
        return nn.Identity() if self.small else nn.MaxPool2d(3, 2)


@final
class Mixed(nn.Module):
    """Ways of convolutions and poolings side by side; their maps are put together.

        y = [way_1(x); way_2(x); ...]

    A way is a sequence of stages under one name, or a sequence of mappings from names to stages, of which
    those of one mapping fork.

    Args:
        plan: how the published numbers are narrowed.
        n_inputs: maps in.
        ways: by name.

    Example:
        >>> block = Mixed(Plan(), 8, {"narrow": [Conv(4)], "wide": [Conv(2), Conv(6, 3)]})
        >>> block(torch.zeros(1, 8, 5, 5)).shape, block.maps
        (torch.Size([1, 10, 5, 5]), 10)
    """

    def __init__(self, plan: Plan, n_inputs: int, ways: Mapping[str, Way]) -> None:
        super().__init__()
        self.ways, self.maps = add_ways(self, plan, n_inputs, ways)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        return through_ways(self, self.ways, x)


def add_ways(
    module: nn.Module, plan: Plan, n_inputs: int, ways: Mapping[str, Way]
) -> tuple[list[list[tuple[str, ...]]], int]:
    """Give a module the parts of ways; return for each way the names of its stages, and all maps they give.

    Args:
        module: whose parts they become.
        plan: how the published numbers are narrowed.
        n_inputs: maps in.
        ways: by name.
    """
    wired, total = [], 0
    for name, way in ways.items():
        maps, names = n_inputs, []
        for stage in _forks(name, way):
            made = {part: plan.build(maps, published) for part, published in stage.items()}
            for part, (layer, _) in made.items():
                module.add_module(part, layer)
            maps = sum(width for _, width in made.values())
            names.append(tuple(made))
        wired.append(names)
        total += maps
    return wired, total


def through_ways(module: nn.Module, ways: list[list[tuple[str, ...]]], x: Tensor) -> Tensor:
    """Return what the ways of a module give, side by side.

    Args:
        module: whose parts the ways name.
        ways: as `add_ways` returned them.
        x: maps in.
    """
    answers = []
    for way in ways:
        y = x
        for names in way:
            parts = [getattr(module, name)(y) for name in names]
            y = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        answers.append(y)
    return torch.cat(answers, 1)


def _forks(name: str, way: Way) -> list[dict[str, Stage | Sequence[Stage]]]:
    """A way as steps of named parts."""
    named = [dict(stage) for stage in way if isinstance(stage, Mapping)]
    if named:
        return [{**stage} for stage in named]
    return [{name: [stage for stage in way if not isinstance(stage, Mapping)]}]
