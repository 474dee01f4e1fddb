"""Capsules with dynamic routing: groups of units whose length is a probability and whose direction a pose."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


def squash(s: Float[Tensor, "*batch features"]) -> Float[Tensor, "*batch features"]:
    """Shrinks vectors to a length below 1, short ones almost to nothing, and keeps their direction.

    Use it as the nonlinearity of capsules, whose length is the probability that something is there.

        v = ||s||^2 / (1 + ||s||^2) * s / ||s||

    Args:
        s: vectors, along the last axis; zero stays zero.

    Example:
        >>> squash(torch.tensor([3.0, 4.0]))
        tensor([0.5769, 0.7692])

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """
    squared = s.square().sum(dim=-1, keepdim=True)
    length = torch.where(squared > 0, squared, 1.0).sqrt()  # the root has no gradient at zero
    return s * torch.where(squared > 0, length, 0.0) / (1 + squared)


@final
class PrimaryCapsules(nn.Module):
    """First layer of capsules: a convolution whose maps are gathered into vectors, one per place and type.

    Use it between the convolutions that look at an image and `RoutedCapsules`.

        u = squash(reshape(W * x + b)),   one vector of in_size for each type at each place

    Args:
        in_channels: maps in.
        n_types: capsules at each place.
        size: units of each capsule.
        kernel_size: pixels that one capsule sees along each axis.
        stride: pixels from one place to the next.

    Example:
        >>> PrimaryCapsules(in_channels=16, n_types=4, size=8, kernel_size=3)(torch.zeros(2, 16, 9, 9)).shape
        torch.Size([2, 64, 8])

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """

    def __init__(
        self, in_channels: int, n_types: int = 32, size: int = 8, kernel_size: int = 9, stride: int = 2
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, n_types * size, kernel_size, stride)
        self.size = size

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch capsules size"]:
        maps = self.convolution(x).unflatten(1, (-1, self.size))  # (batch, types, size, height, width)
        return squash(maps.flatten(3).transpose(2, 3).flatten(1, 2))


@final
class RoutedCapsules(nn.Module):
    """Layer of capsules that listen to those below in so far as their predictions agree.

    Use it behind `PrimaryCapsules` with one capsule per class: the length of each is the class's probability,
    for a margin loss, and its units tell how the object looks.

        p_ij = W_ij u_i;   b_ij = 0, then n_iterations times:
        c_ij = softmax_j(b_ij);   v_j = squash(sum_i c_ij p_ij);   b_ij <- b_ij + p_ij . v_j

    Args:
        n_in: capsules below.
        in_size: units of each of them.
        n_out: capsules of this layer.
        out_size: units of each of them.
        n_iterations: of the routing; 1 listens to all alike.

    Raises:
        InputError: when n_iterations is below 1.

    Example:
        >>> RoutedCapsules(n_in=64, in_size=8, n_out=10, out_size=16)(torch.zeros(2, 64, 8)).shape
        torch.Size([2, 10, 16])

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """

    def __init__(self, n_in: int, in_size: int, n_out: int, out_size: int, n_iterations: int = 3) -> None:
        super().__init__()
        if n_iterations < 1:
            raise InputError("n_iterations must be at least 1", f"{n_iterations}", "3 is usual")
        self.weight = nn.Parameter(0.1 * torch.randn(n_in, n_out, out_size, in_size))
        self.n_iterations = n_iterations

    def forward(self, u: Float[Tensor, "batch below in_size"]) -> Float[Tensor, "batch capsules size"]:
        return self._routed(u)[0]

    def couplings(self, u: Float[Tensor, "batch below in_size"]) -> Float[Tensor, "batch below capsules"]:
        """Return the routing's last coefficients: how much each capsule below is heard by each of this layer.

        Args:
            u: as in forward; the coefficients of one capsule below add up to 1.
        """
        return self._routed(u)[1]

    def _routed(self, u: Tensor) -> tuple[Tensor, Tensor]:
        predicted = torch.einsum("ijdk,bik->bijd", self.weight, u)
        agreement = predicted.new_zeros(predicted.shape[:3])
        v, couplings = _heard(predicted, agreement)
        for _ in range(self.n_iterations - 1):
            agreement = agreement + torch.einsum("bijd,bjd->bij", predicted, v)
            v, couplings = _heard(predicted, agreement)
        return v, couplings


def _heard(predicted: Tensor, agreement: Tensor) -> tuple[Tensor, Tensor]:
    couplings = F.softmax(agreement, dim=2)
    return squash(torch.einsum("bij,bijd->bjd", couplings, predicted)), couplings
