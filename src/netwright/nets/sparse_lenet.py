"""LeNet-5 as its paper has it: subsampling that learns, a sparse second convolution, codes for classes."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.nets.lenet import check_field

AMPLITUDE, SLOPE = 1.7159, 2 / 3
"""Of the squashing function, which maps 1 to 1 and -1 to -1."""

UNITS = 84
"""Of the last hidden layer; one less is a prime of the form 4 k + 3, so that there is a Hadamard matrix."""

SEEN = (
    *(sorted((first + step) % 6 for step in range(3)) for first in range(6)),
    *(sorted((first + step) % 6 for step in range(4)) for first in range(6)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""The maps of S2 that each map of C3 sees: the paper's table I."""


@final
class SparseLeNet5(nn.Module):
    """LeNet-5 as published: exactly 60,000 parameters that learn.

    Use it to see what the first convolutional network was; `LeNet5` is the form that became usual.

        f(a) = 1.7159 tanh(2/3 a)
        S2, S4: f(w_c (sum of 2x2) + b_c);  C3: map i sees some of the maps of S2 only
        h = f(W_6 C5 + b_6),  y_i = -|h - c_i|^2

    Each class has a fixed code c_i of 84 signs, and the answer is how near the last hidden layer came. With
    cross-entropy this is the paper's criterion (9), without the constant for rubbish.

    Args:
        n_outputs: numbers out, one per class, 84 at most.
        channels: of the pictures.
        padding: zeros around the picture, which makes it 32 x 32: 2 for pictures of 28 pixels, 0 for 32.

    Raises:
        InputError: when there are more classes than codes; in forward, when a picture is not 32 x 32 with its
            padding, or has other channels.

    Example:
        >>> network = SparseLeNet5()
        >>> network(torch.zeros(2, 1, 28, 28)).shape, sum(p.numel() for p in network.parameters())
        (torch.Size([2, 10]), 60000)

    Source:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        doi:10.1109/5.726791.
    Differs: the codes are the rows of a Hadamard matrix, any two of which differ in 42 signs, instead of
        small pictures of letters; the paper names such codes as a choice. One number per channel is added
        where there is more than one.
    """

    def __init__(self, n_outputs: int = 10, channels: int = 1, padding: int = 2) -> None:
        super().__init__()
        self.channels = channels
        self.padding = padding
        self.features = nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=padding),
            _Squash(),
            _Subsampling(6),
            _SparseConvolution(),
            _Squash(),
            _Subsampling(16),
            nn.Conv2d(16, 120, 5),
            _Squash(),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(120, UNITS), _Squash(), _Codes(UNITS, n_outputs)
        )
        self.apply(_initialise)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        check_field(x, self.channels, self.padding)
        return self.classify(self.features(x))

    def classify(self, maps: Float[Tensor, "batch maps 1 1"]) -> Float[Tensor, "batch outputs"]:
        """Return how near the codes of the classes are.

        Args:
            maps: as `features` gives them.
        """
        answer: Tensor = self.classifier(maps)
        return answer


class _Squash(nn.Module):
    """A hyperbolic tangent that passes through (1, 1) and (-1, -1)."""

    def forward(self, x: Tensor) -> Tensor:
        return AMPLITUDE * torch.tanh(SLOPE * x)


class _Subsampling(nn.Module):
    """The sum of each 2x2 pixels, with a factor and a bias for each map, squashed."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((maps,), 0.25))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, x: Tensor) -> Tensor:
        total = 4 * F.avg_pool2d(x, 2)
        return AMPLITUDE * torch.tanh(SLOPE * (total * self.weight[:, None, None] + self.bias[:, None, None]))


class _SparseConvolution(nn.Module):
    """A 5x5 convolution from 6 maps to 16, of which each sees those of the table alone."""

    places: Tensor

    def __init__(self) -> None:
        super().__init__()
        places = torch.tensor([6 * out + seen for out, row in enumerate(SEEN) for seen in row])
        self.register_buffer("places", places, persistent=False)
        self.weight = nn.Parameter(torch.zeros(len(places), 5, 5))
        self.bias = nn.Parameter(torch.zeros(len(SEEN)))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.dense(), self.bias)

    def dense(self) -> Tensor:
        """Return the kernels among zeros, (16, 6, 5, 5)."""
        none = self.weight.new_zeros(6 * len(SEEN), 5, 5)
        return none.index_copy(0, self.places, self.weight).view(len(SEEN), 6, 5, 5)


class _Codes(nn.Module):
    """The squared distance, negative, to a fixed code of each class."""

    codes: Tensor

    def __init__(self, in_features: int, n_outputs: int) -> None:
        super().__init__()
        if n_outputs > in_features:
            mend = "take LeNet5, whose last layer is linear"
            raise InputError(f"n_outputs must be {in_features} or less", str(n_outputs), mend)
        self.in_features = in_features
        self.register_buffer("codes", hadamard(in_features)[:n_outputs], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        # |x - c|^2 without a tensor of (batch, classes, units)
        nearness: Tensor = 2 * x @ self.codes.T - (x * x).sum(1, keepdim=True) - self.in_features
        return nearness


def hadamard(order: int) -> Tensor:
    """Return a matrix of signs, any two rows of which agree in half of the places, by Paley's construction.

    Args:
        order: p + 1 for a prime p = 4 k + 3.

    Example:
        >>> signs = hadamard(12)
        >>> torch.equal(signs @ signs.T, 12 * torch.eye(12))
        True
    """
    prime = order - 1
    squares = torch.arange(1, prime).square() % prime
    residue = torch.full((prime,), -1.0)
    residue[squares] = 1.0
    residue[0] = 0.0
    places = torch.arange(prime)
    signs = torch.zeros(order, order)
    signs[0, 1:], signs[1:, 0] = 1.0, -1.0
    signs[1:, 1:] = residue[(places[None] - places[:, None]) % prime]
    return signs + torch.eye(order)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
    elif isinstance(module, _SparseConvolution):
        nn.init.uniform_(module.weight, -0.15, 0.15)
