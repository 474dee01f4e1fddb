"""Whether small shifts of an image change what a network says of it."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


def shift_consistency(
    network: nn.Module,
    images: Float[Tensor, "batch channels height width"],
    *,
    most: int = 2,
    n_pairs: int = 8,
    random_state: int = 0,
) -> float:
    """Return the share of pairs of shifts of an image for which the most likely class is the same.

    Use it on held-out images of a classifier that should not mind where its object stands: 1 says that it
    never does. Shifts run round the edges, so that nothing leaves the image; the network answers in
    evaluation mode, and keeps the mode it had.

        mean over images and pairs (a, b) of  [argmax f(shift_a x) = argmax f(shift_b x)]

    Args:
        network: images -> (rows, classes).
        images: whose classes are compared.
        most: pixels in each direction.
        n_pairs: of shifts, the same for all images.
        random_state: of the shifts.

    Raises:
        InputError: when the images have other axes than (rows, channels, height, width).

    Example:
        >>> _ = torch.manual_seed(0)
        >>> network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 3))
        >>> shift_consistency(network, torch.rand(4, 1, 8, 8))
        1.0

    Source:
        Zhang (2019), "Making Convolutional Networks Shift-Invariant Again", arXiv:1904.11486.
    """
    if images.ndim != 4:
        raise InputError(
            "images must be (rows, channels, height, width)",
            f"{images.ndim} axes: {tuple(images.shape)}",
            "for grey images add one: images[:, None]",
        )
    generator = torch.Generator().manual_seed(random_state)
    moves = torch.randint(-most, most + 1, (n_pairs, 2, 2), generator=generator).tolist()
    training = network.training
    network.eval()
    with torch.no_grad():
        same = [
            network(images.roll(tuple(one), (2, 3))).argmax(1)
            == network(images.roll(tuple(other), (2, 3))).argmax(1)
            for one, other in moves
        ]
    network.train(training)
    return float(torch.stack(same).double().mean())
