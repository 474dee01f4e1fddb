"""What all networks for pictures share: maps of features, what is said of them, and a head to exchange."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers.exchanging import exchange_linear

HEADS = ("fc", "classifier", "last_linear", "classif")
"""The names that torchvision, and behind them timm, give to what stands behind the features."""


@runtime_checkable
class ImageNetwork(Protocol):
    """A network that looks in two steps: pictures become maps, and maps become an answer.

    Use it as the type of what explains, transfers or reuses a network for pictures: all those of this room
    have both steps, so that nobody needs to know the names of their layers.

        network(x) = network.classify(network.features(x))

    `features` is the part from the picture to the last maps, (batch, channels, rows, columns), a module or a
    method; the gradient of an answer with respect to these maps, and the weights of the head, are what class
    activation maps are made of.

    Example:
        >>> import torch
        >>> from netwright.nets import ResNet
        >>> network = ResNet(n_outputs=10).eval()
        >>> isinstance(network, ImageNetwork)
        True
        >>> maps = network.features(torch.zeros(2, 3, 32, 32))
        >>> maps.shape, network.classify(maps).shape
        (torch.Size([2, 64, 8, 8]), torch.Size([2, 10]))
    """

    @property
    def features(self) -> Callable[[Tensor], Tensor]:
        """From pictures to the last maps."""

    def classify(self, maps: Tensor) -> Tensor:
        """From the last maps to the answer.

        Args:
            maps: as `features` gives them.
        """

    def __call__(self, x: Tensor) -> Tensor:
        """From pictures to the answer.

        Args:
            x: (batch, channels, height, width).
        """


def head_of(network: nn.Module) -> nn.Module:
    """Return the last layer of a network for pictures: the one that knows the classes.

    Use it for its weights, one vector for each class, and to give it a learning rate of its own. It is `fc`
    or `classifier`, as torchvision names them, or timm's `last_linear` or `classif`, and the last layer of it
    where it is a sequence; of a `network` inside, where the pixels are standardised around it.

    Args:
        network: of this room, or one with torchvision's names.

    Raises:
        InputError: when the network has none of these parts.

    Example:
        >>> from netwright.nets import ConvNet
        >>> head_of(ConvNet(n_outputs=10))
        Linear(in_features=128, out_features=10, bias=True)
    """
    parent, name = _place(network)
    return parent.get_submodule(name)


def replace_head(network: nn.Module, n_outputs: int) -> None:
    """Give a network a new last layer, for other classes than it has learned.

    Use it to fine-tune weights that others have learned: all else stays as it is. The new layer is linear and
    has torch's initial weights.

    Args:
        network: of this room, or one with torchvision's names; it is changed.
        n_outputs: numbers that the new head gives, one per class.

    Raises:
        InputError: when there is no head, or it has been cut.

    Example:
        >>> import torch
        >>> from netwright.nets import ResNet
        >>> network = ResNet(n_outputs=10)
        >>> replace_head(network, 3)
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 3])
    """
    parent, name = _place(network)
    exchange_linear(parent, name, n_outputs)


def cut_head(network: nn.Module) -> None:
    """Take the last layer off, so that the network gives the vector that the layer would have seen.

    Use it for features: what a network has learned of one problem, as vectors for another.

    Args:
        network: of this room, or one with torchvision's names; it is changed.

    Raises:
        InputError: when the network has neither `fc` nor `classifier`.

    Example:
        >>> import torch
        >>> from netwright.nets import ResNet
        >>> network = ResNet(n_outputs=10)
        >>> cut_head(network)
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 64])
    """
    parent, name = _place(network)
    setattr(parent, name, nn.Identity())


def check_pictures(x: Tensor, channels: int, least: int) -> None:
    """Refuse pictures of other channels than a network has, or so small that nothing of them would be left.

    Args:
        x: (batch, channels, height, width).
        channels: that the network takes.
        least: pixels that either side must have.

    Raises:
        InputError: when a picture has other channels, or fewer pixels.

    Example:
        >>> import torch
        >>> check_pictures(torch.zeros(2, 3, 20, 20), channels=3, least=32)
        Traceback (most recent call last):
        netwright.core.errors.InputError: pictures must be 32 x 32 pixels or larger, got 20 x 20; ...
    """
    if x.shape[1] != channels:
        mend = "build the network with as many channels, or convert the pictures"
        raise InputError(f"pictures must have {channels} channels", str(x.shape[1]), mend)
    if min(x.shape[2:]) < least:
        came = f"{x.shape[2]} x {x.shape[3]}"
        mend = "enlarge them, or build a network for smaller pictures"
        raise InputError(f"pictures must be {least} x {least} pixels or larger", came, mend)


def least_side(n_stages: int, small: bool, blur: int) -> int:
    """Return the pixels that a side needs where stages begin with a blur, whose mirror needs some itself.

    Args:
        n_stages: all but the first of which halve the resolution.
        small: whether the stem keeps the resolution; otherwise it blurs, and pools and blurs.
        blur: taps of the filter.

    Example:
        >>> least_side(3, small=True, blur=3), least_side(4, small=False, blur=3)
        (3, 19)
    """
    mirrored = blur // 2
    least = mirrored * 2 ** (n_stages - 2) + 1 if n_stages > 1 else 1
    return least if small else 2 * max(2 * least, mirrored + 2) - 1


def initialise_convolutions(network: nn.Module) -> None:
    """Set all convolutions to He's normal initialisation and their biases to zero, in place.

    Args:
        network: whose convolutions are followed by rectifiers.

    Example:
        >>> layer = nn.Conv2d(1, 1, 3)
        >>> initialise_convolutions(layer)
        >>> layer.bias.item()
        0.0
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _place(network: nn.Module) -> tuple[nn.Module, str]:
    """Return the module that holds the last layer, and that layer's name in it."""
    parent = network
    while not (name := _head_among(parts := dict(parent.named_children()))) and "network" in parts:
        parent = parts["network"]  # what prepares its pixels stands around it
    if not name:
        came = f"{type(network).__name__} with {', '.join(parts) or 'no parts'}"
        mend = "take a network of netwright.nets, or name its last layer so"
        raise InputError(f"a network for pictures must have a part {' or '.join(HEADS)}", came, mend)
    while isinstance(part := parent.get_submodule(name), nn.Sequential) and len(part):
        parent, name = part, list(dict(part.named_children()))[-1]
    return parent, name


def _head_among(parts: dict[str, nn.Module]) -> str:
    return next((name for name in HEADS if name in parts), "")
