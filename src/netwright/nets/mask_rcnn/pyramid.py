"""The feature pyramid: maps of every scale that all know what the coarsest has seen."""

from collections.abc import Sequence
from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.nets.resnet import ResNet


@final
class FeaturePyramid(nn.Module):
    """Joins the maps of a network's stages: what is seen wide is added to what is seen sharp.

    Use it where small and large objects are looked for in one picture.

        m_L = W_L c_L,  m_l = W_l c_l + up(m_(l+1)),  p_l = C_l(m_l),  p_(L+1) = every second pixel of p_L

    with 1x1 convolutions W, 3x3 convolutions C and the nearest pixel in `up`.

    Args:
        widths: channels of the stages' maps, the finest first.
        width: channels of each map that comes out.

    Example:
        >>> import torch
        >>> maps = [torch.zeros(1, 4, 8, 8), torch.zeros(1, 6, 4, 4)]
        >>> [tuple(one.shape) for one in FeaturePyramid([4, 6], width=5)(maps)]
        [(1, 5, 8, 8), (1, 5, 4, 4), (1, 5, 2, 2)]

    Source:
        Lin, Dollár, Girshick, He, Hariharan and Belongie (2016), "Feature Pyramid Networks for Object
        Detection", arXiv:1612.03144.
    """

    def __init__(self, widths: Sequence[int], width: int = 256) -> None:
        super().__init__()
        self.inner_blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(maps, width, 1)) for maps in widths)
        self.layer_blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1)) for _ in widths
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=1)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(
        self, maps: Sequence[Float[Tensor, "batch _ _ _"]]
    ) -> list[Float[Tensor, "batch channels _ _"]]:
        inner: Tensor = self.inner_blocks[-1](maps[-1])
        answer = [self.layer_blocks[-1](inner)]
        for level in range(len(maps) - 2, -1, -1):
            side = self.inner_blocks[level](maps[level])
            inner = side + F.interpolate(inner, size=side.shape[-2:], mode="nearest")
            answer.insert(0, self.layer_blocks[level](inner))
        answer.append(answer[-1][:, :, ::2, ::2])
        return answer


class Body(nn.Module):
    """The stages of a residual network, each with its maps."""

    def __init__(self, network: ResNet) -> None:
        super().__init__()
        self.n_stages = network.n_stages
        for name in ("conv1", "bn1", "relu", "maxpool"):
            self.add_module(name, network.get_submodule(name))
        self.widths = []
        for stage in range(1, self.n_stages + 1):
            layer = network.get_submodule(f"layer{stage}")
            self.add_module(f"layer{stage}", layer)
            convolutions = [
                m for n, m in layer.named_modules() if isinstance(m, nn.Conv2d) and "down" not in n
            ]
            self.widths.append(convolutions[-1].out_channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        for name in ("conv1", "bn1", "relu", "maxpool"):
            x = self.get_submodule(name)(x)
        maps = []
        for stage in range(1, self.n_stages + 1):
            x = self.get_submodule(f"layer{stage}")(x)
            maps.append(x)
        return maps


class Backbone(nn.Module):
    """A residual network with a pyramid on top."""

    def __init__(self, network: ResNet, width: int) -> None:
        super().__init__()
        self.body = Body(network)
        self.fpn = FeaturePyramid(self.body.widths, width)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.fpn(self.body(x))
        return maps
