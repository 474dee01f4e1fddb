"""Recurrent visual attention: a network that looks in glimpses and chooses where to look next."""

import math
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import GlimpseSensor
from netwright.nets.image_network import check_pictures


class Looks(NamedTuple):
    """What `RecurrentAttention` answers: what it thinks after its last glimpse, and the path it took.

    Use it as what `losses.GlimpseLoss` learns from.

    Args:
        scores: of the classes.
        log_probability: of each place that was drawn, the first glimpse's left out.
        baseline: the success expected at each of these glimpses.
        places: looked at, the first in the middle: (column, row) from -1 to 1.

    Example:
        >>> Looks(*[torch.zeros(2, 3)] * 3, torch.zeros(2, 4, 2)).places.shape
        torch.Size([2, 4, 2])
    """

    scores: Float[Tensor, "batch classes"]
    log_probability: Float[Tensor, "batch time"]
    baseline: Float[Tensor, "batch time"]
    places: Float[Tensor, "batch glimpses 2"]


@final
class RecurrentAttention(nn.Module):
    """Network that sees a picture through a small window, and learns where to move it.

    Use it where pictures are large and what counts is small: weights and layers depend on the glimpses alone.
    It is harder to train than a convolutional network: train it by `losses.GlimpseLoss`, on standardised
    pictures, with a first glimpse whose coarsest patch sees most of the picture, and let `spread` fall. In
    training places are drawn, in evaluation it looks at their means.

        g_t = relu(W_what relu(W_p patches(x, l_t)) + W_where relu(W_l l_t))
        h_t = relu(W_h h_(t-1) + W_g g_t)
        l_(t+1) ~ N(tanh(W_m h_t), spread),   scores = W_a h_T

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        size: pixels along each side of a patch.
        n_scales: patches of a glimpse, each wider and coarser than the one before.
        n_glimpses: that it takes, two or more.
        width: features of a glimpse.
        hidden: features of the state.
        spread: standard deviation of the places that are drawn.
        factor: how much wider each patch is than the one before.

    Raises:
        InputError: when there are fewer than two glimpses; in forward, when pictures have other channels.

    Example:
        >>> network = RecurrentAttention(n_outputs=3, size=4, n_glimpses=5)
        >>> looks = network(torch.zeros(2, 1, 20, 20))
        >>> looks.scores.shape, looks.places.shape
        (torch.Size([2, 3]), torch.Size([2, 5, 2]))

    Source:
        Mnih, Heess, Graves and Kavukcuoglu (2014), "Recurrent Models of Visual Attention", arXiv:1406.6247.
        Differs: the first glimpse is at the middle, not anywhere.
    """

    def __init__(
        self,
        n_outputs: int = 10,
        channels: int = 1,
        size: int = 8,
        n_scales: int = 2,
        n_glimpses: int = 4,
        width: int = 128,
        hidden: int = 128,
        spread: float = 0.15,
        factor: int = 2,
    ) -> None:
        super().__init__()
        if n_glimpses < 2:
            raise InputError("n_glimpses must be 2 or more", str(n_glimpses), "the first chooses the second")
        self.channels, self.n_glimpses, self.spread, self.hidden = channels, n_glimpses, spread, hidden
        self.sensor = GlimpseSensor(size, n_scales, factor)
        self.patches = nn.Linear(n_scales * channels * size * size, width)
        self.place = nn.Linear(2, width // 2)
        self.what = nn.Linear(width, hidden)
        self.where = nn.Linear(width // 2, hidden)
        self.state = nn.Linear(hidden, hidden)
        self.mean = nn.Linear(hidden, 2)
        nn.init.zeros_(self.mean.weight)  # a place at the edge, where tanh is flat, would be kept for ever
        nn.init.zeros_(self.mean.bias)
        self.expected = nn.Linear(hidden, 1)
        self.fc = nn.Linear(hidden, n_outputs)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Looks:
        check_pictures(x, self.channels, 1)
        coarse, place = self.sensor.coarsen(x), x.new_zeros(x.shape[0], 2)
        state = x.new_zeros(x.shape[0], self.hidden)
        places, drawn, expected = [place], [], []
        for glimpse in range(self.n_glimpses):
            state = F.relu(self.state(state) + self._glimpse(coarse, place))
            if glimpse + 1 < self.n_glimpses:
                mean = torch.tanh(self.mean(state))
                place = self._drawn(mean)
                drawn.append(_log_density(place, mean, self.spread))
                expected.append(self.expected(state.detach())[:, 0])
                place = place.clamp(-1, 1)
                places.append(place)
        return Looks(
            scores=self.fc(state),
            log_probability=torch.stack(drawn, 1),
            baseline=torch.stack(expected, 1),
            places=torch.stack(places, 1),
        )

    def _glimpse(self, coarse: list[Tensor], place: Tensor) -> Tensor:
        what = self.what(F.relu(self.patches(self.sensor.look(coarse, place).flatten(1))))
        features: Tensor = F.relu(what + self.where(F.relu(self.place(place))))
        return features

    def _drawn(self, mean: Tensor) -> Tensor:
        mean = mean.detach()
        return mean + self.spread * torch.randn_like(mean) if self.training else mean


def _log_density(place: Tensor, mean: Tensor, spread: float) -> Tensor:
    """Of normal distributions with one spread along both axes."""
    far = ((place - mean) / spread).square().sum(1)
    return -far / 2 - math.log(2 * math.pi * spread**2)
