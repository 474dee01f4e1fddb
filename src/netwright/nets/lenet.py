"""LeNet-5, in the dense form that became usual."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.nets.image_network import check_pictures

FIELD = 32
"""Pixels along each side of what the first convolution looks at."""


@final
class LeNet5(nn.Module):
    """The first convolutional network that read handwriting at work: 61,706 parameters.

    Use it for small grey pictures of one size where a network must be tiny, and as the baseline that others
    are measured by. `SparseLeNet5` is the network as the paper has it.

        C1: 6 maps, 5x5;  S2: mean of 2x2;  C3: 16 maps, 5x5;  S4: mean of 2x2;  C5: 120 units, 5x5
        y = W_out tanh(W_6 C5 + b_6) + b_out

    Each convolution is followed by tanh. The parts are `features`, as far as C5, and `classifier`.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        padding: zeros around the picture, which makes it 32 x 32: 2 for pictures of 28 pixels, 0 for 32.

    Raises:
        InputError: in forward, when a picture is not 32 x 32 with its padding, or has other channels.

    Example:
        >>> import torch
        >>> network = LeNet5()
        >>> network(torch.zeros(2, 1, 28, 28)).shape, sum(p.numel() for p in network.parameters())
        (torch.Size([2, 10]), 61706)

    Source:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        doi:10.1109/5.726791.
    Differs: every map of C3 sees all of S2, subsampling has no weights, the last layer is linear.
    """

    def __init__(self, n_outputs: int = 10, channels: int = 1, padding: int = 2) -> None:
        super().__init__()
        self.channels, self.padding = channels, padding
        self.features = nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=padding),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(16, 120, 5),
            nn.Tanh(),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, n_outputs))

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        check_field(x, self.channels, self.padding)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps 1 1"]) -> Float[Tensor, "batch outputs"]:
        """Return what the classifier says of the units of C5.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classifier(maps)
        return answer


def check_field(x: Tensor, channels: int, padding: int) -> None:
    """Refuse pictures that do not fill the field of 32 x 32 pixels with their padding.

    Args:
        x: (batch, channels, height, width).
        channels: that the network takes.
        padding: zeros on each side.

    Raises:
        InputError: when a picture has other channels, or another size.

    Example:
        >>> import torch
        >>> check_field(torch.zeros(2, 1, 28, 28), channels=1, padding=0)
        Traceback (most recent call last):
        netwright.core.errors.InputError: pictures must be 32 x 32 pixels, got 28 x 28; resize them, or ...
    """
    check_pictures(x, channels, least=1)
    side = FIELD - 2 * padding
    if tuple(x.shape[2:]) != (side, side):
        came, mend = f"{x.shape[2]} x {x.shape[3]}", "resize them, or choose another padding"
        raise InputError(f"pictures must be {side} x {side} pixels", came, mend)
