"""CapsNet: capsules that agree on what they see, and a decoder that draws it again."""

from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import PrimaryCapsules, RoutedCapsules


@final
class CapsNet(nn.Module):
    """Network whose answer is one vector for each class: its length says whether, its direction how.

    Use it for small pictures of one thing or a few, where pose counts: parts are heard in so far as they
    agree on the whole, not merely as each is found. Train it by `losses.CapsuleMarginLoss` with a
    `CapsuleDecoder`, as `vision.CapsNetClassifier` does. The default is small; `CapsNet.published()` is the
    paper's network for MNIST.

        u = primary(relu(W * x)),   v = routed(u),   y_k = ||v_k||

    Args:
        n_outputs: capsules out, one per class; the answer is their lengths.
        channels: of the pictures.
        side: pixels of the pictures along each side, or (height, width).
        maps: of the first convolution.
        n_types: primary capsules at each place.
        in_size: units of a primary capsule.
        out_size: units of a class's capsule.
        kernel_size: pixels that the first convolution and a primary capsule see along each axis.
        n_iterations: of the routing.

    Raises:
        InputError: when the pictures are too small for the kernels; in forward, when they have another size.

    Example:
        >>> network = CapsNet(n_outputs=3, side=8)
        >>> x = torch.zeros(2, 1, 8, 8)
        >>> network(x).shape, network.capsules(x).shape
        (torch.Size([2, 3]), torch.Size([2, 3, 16]))

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 1,
        side: int | tuple[int, int] = 28,
        maps: int = 64,
        n_types: int = 8,
        in_size: int = 8,
        out_size: int = 16,
        kernel_size: int = 3,
        n_iterations: int = 3,
    ) -> None:
        super().__init__()
        self.shape = (channels, *((side, side) if isinstance(side, int) else side))
        places = [(pixels - kernel_size + 1 - kernel_size) // 2 + 1 for pixels in self.shape[1:]]
        if min(places) < 1:
            came, least = f"{self.shape[1]} x {self.shape[2]}", 2 * kernel_size - 1
            raise InputError(
                f"pictures must be {least} x {least} or larger", came, "take a smaller kernel_size"
            )
        self.convolution = nn.Conv2d(channels, maps, kernel_size)
        self.primary = PrimaryCapsules(maps, n_types, in_size, kernel_size)
        n_primary = n_types * places[0] * places[1]
        self.routed = RoutedCapsules(n_primary, in_size, n_outputs, out_size, n_iterations)

    @classmethod
    def published(cls, n_outputs: int = 10, channels: int = 1, side: int = 28) -> "CapsNet":
        """Build the paper's network.

        Args:
            n_outputs: classes.
            channels: of the pictures.
            side: pixels along each side.

        Example:
            >>> network = CapsNet.published()
            >>> decoder = CapsuleDecoder(n_classes=10, size=16, shape=(1, 28, 28))
            >>> sum(p.numel() for part in (network, decoder) for p in part.parameters())
            8215568
        """
        return cls(n_outputs, channels, side, maps=256, n_types=32, kernel_size=9)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes"]:
        lengths: Tensor = torch.linalg.vector_norm(self.capsules(x), dim=2)
        return lengths

    def capsules(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch classes size"]:
        """Return the vector of each class.

        Args:
            x: pictures.
        """
        answer: Tensor = self.routed(self.parts(x))
        return answer

    def parts(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch capsules size"]:
        """Return the primary capsules, which vote for the classes.

        Args:
            x: pictures.
        """
        if tuple(x.shape[1:]) != self.shape:
            came = f"{tuple(x.shape[1:])}"
            raise InputError(
                f"pictures must be {self.shape}", came, "resize them, or build it for their size"
            )
        parts: Tensor = self.primary(F.relu(self.convolution(x)))
        return parts


@final
class CapsuleDecoder(nn.Module):
    """Draws the picture again from the capsule of its class, the others being hidden.

    Use it beside `CapsNet` in training, as a regulariser: a capsule then has to say how its object looks.
    Moving one unit of a capsule shows what the unit stands for.

        picture = sigmoid(W_3 relu(W_2 relu(W_1 [0; ...; v_k; ...; 0])))

    Args:
        n_classes: capsules.
        size: units of each.
        shape: (channels, height, width) of the pictures, whose values are from 0 to 1.
        hidden: units of each hidden layer.

    Example:
        >>> decoder = CapsuleDecoder(n_classes=3, size=16, shape=(1, 8, 8), hidden=(32,))
        >>> decoder(torch.zeros(2, 3, 16)).shape
        torch.Size([2, 1, 8, 8])

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """

    def __init__(
        self, n_classes: int, size: int, shape: tuple[int, int, int], hidden: Sequence[int] = (512, 1024)
    ) -> None:
        super().__init__()
        self.shape = shape
        layers: list[nn.Module] = []
        units = n_classes * size
        for wide in hidden:
            layers += [nn.Linear(units, wide), nn.ReLU()]
            units = wide
        layers += [nn.Linear(units, shape[0] * shape[1] * shape[2]), nn.Sigmoid()]
        self.layers = nn.Sequential(*layers)

    def forward(
        self,
        capsules: Float[Tensor, "batch classes size"],
        shown: Int[Tensor, "batch"] | Float[Tensor, "batch classes"] | None = None,
    ) -> Float[Tensor, "batch channels height width"]:
        """Return pictures.

        Args:
            capsules: of each class.
            shown: class that is drawn, or 0 to 1 for each class; None for the longest capsule.
        """
        if shown is None:
            shown = capsules.detach().square().sum(2).argmax(1)
        mask = (F.one_hot(shown.long(), capsules.shape[1]) if shown.ndim == 1 else shown).to(capsules)
        picture: Tensor = self.layers((capsules * mask[:, :, None]).flatten(1))
        return picture.reshape(-1, *self.shape)
