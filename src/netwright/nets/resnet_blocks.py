"""Residual blocks: what a block adds to its input, and how the input is brought to its shape."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import BlurPool2d


@final
class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside an identity.

    Use it in residual networks of up to 34 layers; deeper ones are made of `Bottleneck`.

        y = relu(B(conv(relu(B(conv(x))))) + shortcut(x))

    B is batch normalisation. The shortcut is the identity, or a 1x1 convolution where the shape changes.

    Args:
        n_inputs: maps in.
        width: maps of either convolution, and out.
        stride: pixels from one output to the next.
        blur: taps of a low-pass filter before the maps are thinned; 0 for none.

    Example:
        >>> import torch
        >>> BasicBlock(8, 16, stride=2)(torch.zeros(2, 8, 6, 6)).shape
        torch.Size([2, 16, 3, 3])

    Source:
        He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition", arXiv:1512.03385.
    """

    def __init__(self, n_inputs: int, width: int, stride: int = 1, blur: int = 0) -> None:
        super().__init__()
        self.thin, step = thinning(stride, blur)
        self.conv1 = nn.Conv2d(n_inputs, width, 3, step, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(n_inputs, width, stride, blur)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        y = self.thin(self.relu(self.bn1(self.conv1(x))))
        y = self.bn2(self.conv2(y))
        same = x if self.downsample is None else self.downsample(self.thin(x))
        out: Tensor = self.relu(y + same)
        return out


@final
class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1 convolutions that narrow and widen, beside an identity.

    Use it in residual networks of 50 layers and more; with groups it is the block of ResNeXt.

        y = relu(B(W_3 relu(B(conv(relu(B(W_1 x)))))) + shortcut(x))

    B is batch normalisation; the 3x3 convolution thins, if anything does.

    Args:
        n_inputs: maps in.
        inner: maps of the 3x3 convolution.
        width: maps out.
        stride: pixels from one output to the next.
        groups: parts of the 3x3 convolution that do not see each other.
        blur: taps of a low-pass filter before the maps are thinned; 0 for none.

    Example:
        >>> import torch
        >>> Bottleneck(16, 8, 32, stride=2, groups=4)(torch.zeros(2, 16, 6, 6)).shape
        torch.Size([2, 32, 3, 3])

    Source:
        He, Zhang, Ren and Sun (2015), "Deep Residual Learning for Image Recognition", arXiv:1512.03385;
        groups: Xie, Girshick, Dollár, Tu and He (2016), "Aggregated Residual Transformations for Deep Neural
        Networks", arXiv:1611.05431.
    """

    def __init__(
        self, n_inputs: int, inner: int, width: int, stride: int = 1, groups: int = 1, blur: int = 0
    ) -> None:
        super().__init__()
        self.thin, step = thinning(stride, blur)
        self.conv1 = nn.Conv2d(n_inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(inner, inner, 3, step, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.downsample = shortcut(n_inputs, width, stride, blur)

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch maps rows columns"]:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.thin(self.relu(self.bn2(self.conv2(y))))
        y = self.bn3(self.conv3(y))
        same = x if self.downsample is None else self.downsample(self.thin(x))
        out: Tensor = self.relu(y + same)
        return out


def thinning(stride: int, blur: int) -> tuple[nn.Module, int]:
    """Return what thins maps behind a rectifier, and the stride that is left to the convolution before it.

    Args:
        stride: pixels from one output to the next, of both together.
        blur: taps of the low-pass filter; 0 leaves the thinning to the convolution.

    Example:
        >>> thinning(2, blur=0), thinning(2, blur=3)
        ((Identity(), 2), (BlurPool2d(), 1))
    """
    return (BlurPool2d(blur, stride), 1) if blur and stride > 1 else (nn.Identity(), stride)


def shortcut(n_inputs: int, width: int, stride: int, blur: int) -> nn.Module | None:
    """Return the 1x1 convolution that brings a block's input to the shape of its output, where it differs.

    Args:
        n_inputs: maps in.
        width: maps out.
        stride: pixels from one output to the next.
        blur: when not 0, the maps that come have been thinned.

    Example:
        >>> shortcut(16, 16, stride=1, blur=0) is None
        True
    """
    if stride == 1 and n_inputs == width:
        return None
    step = thinning(stride, blur)[1]
    return nn.Sequential(nn.Conv2d(n_inputs, width, 1, step, bias=False), nn.BatchNorm2d(width))
