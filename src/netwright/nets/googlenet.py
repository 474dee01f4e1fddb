"""GoogLeNet, the first Inception network."""

from dataclasses import replace
from typing import final

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import GlobalAveragePool
from netwright.nets.image_network import check_pictures
from netwright.nets.inception_blocks import Conv, Mixed, Plan, Pool, Way

BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Maps of each block: 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; pooled."""

STEM = ("conv1", "maxpool1", "conv2", "conv3", "maxpool2")
FIRST = (*STEM, "inception3a", "inception3b", "maxpool3", "inception4a")
SECOND = ("inception4b", "inception4c", "inception4d")
THIRD = ("inception4e", "maxpool4", "inception5a", "inception5b")


@final
class GoogLeNet(nn.Module):
    """Convolutional network whose blocks look at several scales at once (Inception v1).

    Use it where few parameters must do: 1x1 convolutions narrow the maps before the wide kernels see them.
    The default is narrow and for small pictures; `GoogLeNet.published()` is the network for photographs,
    with the names and shapes of torchvision's parameters. Its published weights expect pictures with mean
    0.5 and deviation 0.5 of each channel.

        block(x) = [W_1 * x; W_3 * (W_r * x); W_5 * (W_s * x); W_p * maxpool(x)]

    Each convolution is followed by batch normalisation and a rectifier. With `aux=True` two more heads look
    at earlier maps, and in training the answer is a tuple: the outputs, those of the later head, those of
    the earlier one; `losses.AuxiliaryHeadsLoss` adds them up.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: factor on the published numbers of maps.
        small: whether the stem keeps the resolution; otherwise it is an eighth, as published.
        aux: whether there are the two auxiliary heads.
        dropout: share of the pooled features set to zero in training.

    Raises:
        InputError: in forward, when pictures have other channels, or too few pixels.

    Example:
        >>> import torch
        >>> GoogLeNet()(torch.zeros(2, 3, 16, 16)).shape
        torch.Size([2, 10])

    Source:
        Szegedy et al. (2014), "Going Deeper with Convolutions", arXiv:1409.4842.
        Differs: batch normalisation, and 3x3 kernels where the paper has 5x5, both as torchvision has them.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 3,
        width: float = 0.25,
        small: bool = True,
        aux: bool = False,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        plan = Plan(width, small)
        self.channels, self.least = channels, 2 if small else 15
        self.conv1 = plan.stem(channels, Conv(64, 7, 2))
        self.maxpool1 = nn.Identity() if small else _halved()
        self.conv2 = plan.conv(plan.maps(64), Conv(64))
        self.conv3 = plan.conv(plan.maps(64), Conv(192, 3))
        self.maxpool2 = nn.Identity() if small else _halved()
        maps, seen = plan.maps(192), {}
        for name, numbers in BLOCKS.items():
            block = _block(plan, maps, numbers)
            self.add_module(f"inception{name}", block)
            maps = seen[name] = block.maps
            if name == "3b":
                self.maxpool3 = _halved()
            if name == "4e":
                self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.aux1 = AuxiliaryHead(plan, seen["4a"], n_outputs) if aux else None
        self.aux2 = AuxiliaryHead(plan, seen["4d"], n_outputs) if aux else None
        self.avgpool = GlobalAveragePool()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(maps, n_outputs)

    @classmethod
    def published(cls, n_outputs: int = 1000, channels: int = 3, aux: bool = True) -> "GoogLeNet":
        """Build the network at its published size, for photographs of 224 pixels.

        Args:
            n_outputs: numbers out.
            channels: of the pictures.
            aux: whether there are the auxiliary heads, which the published weights have.

        Example:
            >>> sum(parameter.numel() for parameter in GoogLeNet.published(aux=False).parameters())
            6624904
        """
        return cls(n_outputs, channels, width=1.0, small=False, aux=aux)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch outputs"] | tuple[Float[Tensor, "batch outputs"], ...]:
        early = self._through(x, FIRST)
        late = self._through(early, SECOND)
        answer = self.classify(self._through(late, THIRD))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return answer, self.aux2(late), self.aux1(early)
        return answer

    def features(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        """Return the last maps.

        Args:
            x: pictures.
        """
        return self._through(x, (*FIRST, *SECOND, *THIRD))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.fc(self.dropout(self.avgpool(maps)))
        return answer

    def _through(self, x: Tensor, names: tuple[str, ...]) -> Tensor:
        if names[0] == STEM[0]:
            check_pictures(x, self.channels, self.least)
        for name in names:
            x = getattr(self, name)(x)
        return x


@final
class AuxiliaryHead(nn.Module):
    """The classifier that looks at maps in the middle of `GoogLeNet`, so that the gradient reaches them.

        y = W_2 relu(W_1 conv(mean of 4 x 4 fields of x))

    Args:
        plan: how the published numbers are narrowed.
        n_inputs: maps in.
        n_outputs: numbers out.

    Example:
        >>> import torch
        >>> AuxiliaryHead(Plan(0.1), 8, 3)(torch.zeros(2, 8, 14, 14)).shape
        torch.Size([2, 3])
    """

    def __init__(self, plan: Plan, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.conv = plan.conv(n_inputs, Conv(128))
        self.fc1 = nn.Linear(16 * plan.maps(128), plan.maps(1024))
        self.fc2 = nn.Linear(plan.maps(1024), n_outputs)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        fields = self.conv(F.adaptive_avg_pool2d(x, 4)).flatten(1)
        answer: Tensor = self.fc2(self.dropout(F.relu(self.fc1(fields))))
        return answer


def _block(plan: Plan, n_inputs: int, numbers: tuple[int, ...]) -> Mixed:
    one, three_in, three, five_in, five, pooled = map(Conv, numbers)
    ways: dict[str, Way] = {
        "branch1": [one],
        "branch2": [three_in, replace(three, kernel=3)],
        "branch3": [five_in, replace(five, kernel=3)],
        "branch4": [Pool(), pooled],
    }
    return Mixed(plan, n_inputs, ways)


def _halved() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, 2, ceil_mode=True)
