"""The two halves of a convolutional autoencoder."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class ConvEncoder(nn.Module):
    """Convolutions and max pooling, each stage halving the picture, and a linear layer to the code.

    Use it where rows are pictures: neighbouring pixels share weights, so that far fewer of them learn the
    same as in fully connected layers. Pictures of odd and of any other sizes are taken.

        h_l = maxpool_2x2(relu(W_l * h_{l-1} + b_l)),   z = W flat(h_L) + b

    Args:
        sample: (channels, height, width) of a picture.
        width: numbers of a code.
        channels: maps of each stage.
        bias: whether the layers have biases.
        activation: a module class without arguments.

    Raises:
        InputError: when there is no stage.

    Example:
        >>> import torch
        >>> ConvEncoder((1, 8, 8), width=4, channels=(8,))(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 4])

    Source:
        Masci, Meier, Cireşan and Schmidhuber (2011), "Stacked Convolutional Auto-Encoders for Hierarchical
        Feature Extraction", doi:10.1007/978-3-642-21735-7_7.
    """

    def __init__(
        self,
        sample: Sequence[int],
        width: int,
        channels: Sequence[int] = (16, 32),
        bias: bool = True,
        activation: type[nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        stages, n_maps = list[nn.Module](), sample[0]
        for size in _checked(channels):
            convolution = nn.Conv2d(n_maps, size, kernel_size=3, padding=1, bias=bias)
            stages += [convolution, activation(), nn.MaxPool2d(2, ceil_mode=True)]
            n_maps = size
        self.stages = nn.Sequential(*stages)
        height, breadth = sizes(sample, channels)[-1]
        self.to_code = nn.Linear(n_maps * height * breadth, width, bias=bias)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch features"]:
        codes: Tensor = self.to_code(self.stages(x).flatten(1))
        return codes


@final
class ConvDecoder(nn.Module):
    """A linear layer from the code to small maps, then upsampling and convolutions up to the picture.

    Use it behind `ConvEncoder`, which it mirrors. Upsampling followed by a convolution leaves no chequered
    pattern, as transposed convolutions with strides do.

        h_L = relu(W z + b),   h_{l-1} = relu(W_l * upsample(h_l) + b_l), the last without relu

    Args:
        sample: (channels, height, width) of a picture.
        width: numbers of a code.
        channels: maps of each stage of the encoder.

    Raises:
        InputError: when there is no stage.

    Example:
        >>> import torch
        >>> ConvDecoder((3, 7, 9), width=4, channels=(8, 16))(torch.zeros(2, 4)).shape
        torch.Size([2, 3, 7, 9])

    Source:
        Masci, Meier, Cireşan and Schmidhuber (2011), "Stacked Convolutional Auto-Encoders for Hierarchical
        Feature Extraction", doi:10.1007/978-3-642-21735-7_7; resizing before convolving: Odena, Dumoulin and
        Olah (2016), "Deconvolution and Checkerboard Artifacts", doi:10.23915/distill.00003.
    """

    def __init__(self, sample: Sequence[int], width: int, channels: Sequence[int] = (16, 32)) -> None:
        super().__init__()
        steps = sizes(sample, _checked(channels))
        maps = [sample[0], *channels]
        self.start = nn.Linear(width, maps[-1] * steps[-1][0] * steps[-1][1])
        layers: list[nn.Module] = [nn.Unflatten(1, (maps[-1], *steps[-1]))]
        for stage in range(len(channels), 0, -1):
            convolution = nn.Conv2d(maps[stage], maps[stage - 1], kernel_size=3, padding=1)
            layers += [nn.ReLU(), nn.Upsample(size=steps[stage - 1]), convolution]
        self.stages = nn.Sequential(*layers)

    def forward(self, codes: Float[Tensor, "batch features"]) -> Float[Tensor, "batch channels height width"]:
        pictures: Tensor = self.stages(self.start(codes))
        return pictures


def sizes(sample: Sequence[int], channels: Sequence[int]) -> list[tuple[int, int]]:
    """Return height and width of the picture, and after each stage.

    Args:
        sample: (channels, height, width) of a picture.
        channels: maps of each stage.

    Example:
        >>> sizes((1, 7, 9), (8, 16))
        [(7, 9), (4, 5), (2, 3)]
    """
    steps = [(sample[1], sample[2])]
    for _ in channels:
        height, breadth = steps[-1]
        steps.append((-(-height // 2), -(-breadth // 2)))
    return steps


def _checked(channels: Sequence[int]) -> Sequence[int]:
    if not isinstance(channels, Sequence) or not channels:
        raise InputError("channels must be the maps of each stage", repr(channels), "such as (16, 32)")
    return channels
