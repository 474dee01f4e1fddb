"""A residual network for small pictures on a processor: patches first, then few and wide convolutions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import GlobalAveragePool


@final
class PictureNet(nn.Module):
    """Residual network that looks at patches of pixels instead of each of them, so that it is quick.

    What `netwright.vision` takes where you name no backbone. Most of what a residual network spends on small
    pictures goes into its first maps, which are large and thin, and in which a processor multiplies slowly;
    here the first convolution steps over whole patches and has several times the maps.

        x_0 = relu(N(W * picture)) with a stride of `patch`,  x_(l+1) = relu(x_l + F(x_l)),
        F(x) = N(W_2 * relu(N(W_1 * x))),  y = W mean over all places of x_L + b

    N is batch normalisation. Between two stages a convolution halves the resolution. The parts are
    `features`, a sequence, and the head `classifier`.

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        widths: maps of each stage, each with one residual block.
        patch: pixels between two places that the first convolution looks at; its kernel is three times that.
        dropout: share of the pooled features set to zero in training.

    Raises:
        InputError: when a number is below one; in forward, when pictures have other channels.

    Example:
        >>> import torch
        >>> PictureNet(n_outputs=3, channels=1)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 3])

    Source:
        He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition", arXiv:1512.03385;
        patches: Dosovitskiy et al. (2020), "An Image is Worth 16x16 Words: Transformers for Image Recognition
        at Scale", arXiv:2010.11929.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 1,
        widths: Sequence[int] = (64, 128),
        patch: int = 2,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not widths or min(*widths, patch, channels, n_outputs) < 1:
            came = f"{tuple(widths)}, {patch}, {channels} and {n_outputs}"
            mend = "the defaults are right for pictures of about 28 pixels"
            raise InputError("widths, patch, channels and n_outputs must be 1 or more", came, mend)
        self.channels = channels
        layers = [*_normalised(channels, widths[0], 3 * patch, patch, patch), nn.ReLU(), Residual(widths[0])]
        for before, width in pairwise(widths):
            layers += [*_normalised(before, width, 3, 2, 1), nn.ReLU(), Residual(width)]
        self.features = nn.Sequential(*layers)
        self.pool = GlobalAveragePool()
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(widths[-1], n_outputs)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        if x.shape[1] != self.channels:
            mend = "build the network with as many, or convert the pictures"
            raise InputError(f"pictures must have {self.channels} channels", str(x.shape[1]), mend)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps rows columns"]) -> Float[Tensor, "batch outputs"]:
        """Return what the head says of the last maps.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classifier(self.dropout(self.pool(maps)))
        return answer


@final
class Residual(nn.Module):
    """Two convolutions with batch normalisation, whose answer is added to what came in.

    The block of `PictureNet`.

        y = relu(x + N(W_2 * relu(N(W_1 * x))))

    Args:
        width: maps, in and out.

    Example:
        >>> import torch
        >>> Residual(4)(torch.zeros(2, 4, 5, 6)).shape
        torch.Size([2, 4, 5, 6])

    Source:
        He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition", arXiv:1512.03385.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(*_normalised(width, width), nn.ReLU(), *_normalised(width, width))
        self.relu = nn.ReLU()

    def forward(
        self, x: Float[Tensor, "batch maps rows columns"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        out: Tensor = self.relu(x + self.branch(x))
        return out


def _normalised(
    maps: int, width: int, kernel_size: int = 3, stride: int = 1, padding: int = 1
) -> list[nn.Module]:
    return [nn.Conv2d(maps, width, kernel_size, stride, padding, bias=False), nn.BatchNorm2d(width)]
