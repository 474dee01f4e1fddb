"""The temporal convolutional network: causal, dilated convolutions in residual blocks."""

from typing import cast, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import receptive_field
from netwright.nets.topologies import ManyToOne, Topology, check_steps


@final
class TemporalConvNet(nn.Module):
    """Convolutions over time that see the past alone, twice as far in each block as in the one below.

    Use it in place of a recurrent network where a fixed view of the past is enough, which is
    `receptive_field` steps: all steps are computed at once, and gradients do not fade along time. The names
    of its parameters are those of the authors' code, in their old form of weight normalisation.

        block_i(x) = relu(skip(x) + f(f(x))),  f(x)_t = dropout(relu(b + sum_k W_k x_(t - k 2^i)))
        W = g V / |V|,  y = W block(... block_0(x)) + b at the steps that the topology picks

    A step that is not real counts as zeros; its own answer is zero.

    Args:
        n_features: of each step.
        n_outputs: numbers in an answer.
        hidden: features of each block.
        depth: blocks.
        kernel_size: taps of each convolution.
        topology: of inputs and outputs; None for `ManyToOne()`.
        dropout: share of each convolution's output that is set to zero in training.

    Raises:
        InputError: when depth or kernel_size is below 1, or the topology reads something else than the
            inputs; in forward, when x has other features.

    Example:
        >>> network = TemporalConvNet(n_features=3, n_outputs=2, hidden=8, depth=4, kernel_size=3)
        >>> network(torch.zeros(2, 6, 3)).shape, network.receptive_field
        (torch.Size([2, 2]), 61)

    Source:
        Bai, Kolter and Koltun (2018), "An Empirical Evaluation of Generic Convolutional and Recurrent
        Networks for Sequence Modeling", arXiv:1803.01271.
        Differs: dropout sets single numbers to zero, as in the authors' code; in the paper, whole features.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        hidden: int = 25,
        depth: int = 8,
        kernel_size: int = 7,
        topology: Topology | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.topology = ManyToOne() if topology is None else topology
        if min(depth, kernel_size) < 1:
            came = f"{depth} and {kernel_size}"
            raise InputError("depth and kernel_size must be at least 1", came, "8 and 7 see 3,061 steps")
        if not self.topology.whole:
            came = type(self.topology).__name__
            raise InputError("the network reads its inputs as they are", came, "take ManyToOne or ManyToMany")
        self.n_features = n_features
        sizes = [(n_features if number == 0 else hidden, 2**number) for number in range(depth)]
        self.network = nn.ModuleList(
            _Block(read, hidden, kernel_size, dilation, dropout) for read, dilation in sizes
        )
        self.linear = nn.Linear(hidden, n_outputs)

    @property
    def receptive_field(self) -> int:
        """Steps that an answer can see, its own included."""
        dilations = [2**number for number in range(len(self.network)) for _ in range(2)]
        size = cast("_Block", self.network[0]).conv1.weight_v.shape[2]
        return receptive_field([size] * len(dilations), dilations)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch *outputs"]:
        check_steps(x, self.n_features, self.topology)
        seen = None if mask is None else mask[:, None]
        y = _real(x.transpose(1, 2), seen)
        for block in self.network:
            y = _real(block(y, seen), seen)
        outputs = y.transpose(1, 2)
        answers = cast("Tensor", self.linear(self.topology.pick(outputs, _last(outputs, mask), mask)))
        if mask is None or answers.ndim == 2:
            return answers
        return torch.where(mask[..., None], answers, 0)


class _Block(nn.Module):
    """Two causal convolutions beside a way around them."""

    def __init__(self, read: int, hidden: int, kernel_size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv1 = _Convolution(read, hidden, kernel_size, dilation)
        self.conv2 = _Convolution(hidden, hidden, kernel_size, dilation)
        self.dropout = nn.Dropout(dropout)
        self.downsample = None if read == hidden else nn.Conv1d(read, hidden, 1)

    def forward(self, x: Tensor, seen: Tensor | None) -> Tensor:
        y = _real(self.dropout(F.relu(self.conv1(x))), seen)
        y = self.dropout(F.relu(self.conv2(y)))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class _Convolution(nn.Module):
    """A causal convolution whose kernels' directions are learned apart from their lengths."""

    def __init__(self, read: int, hidden: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        drawn = nn.Conv1d(read, hidden, kernel_size)
        self.bias, self.weight_v = drawn.bias, drawn.weight
        self.weight_g = nn.Parameter(self.weight_v.detach().norm(dim=(1, 2), keepdim=True))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight_g * self.weight_v / self.weight_v.norm(dim=(1, 2), keepdim=True)
        before = self.dilation * (self.weight_v.shape[2] - 1)
        return F.conv1d(F.pad(x, (before, 0)), weight, self.bias, dilation=self.dilation)


def _real(y: Tensor, seen: Tensor | None) -> Tensor:
    """Zeros in place of the steps that are not real."""
    return y if seen is None else torch.where(seen, y, 0)


def _last(outputs: Tensor, mask: Tensor | None) -> Tensor:
    """The output at each row's last real step; of a row without any, the first, which is zero."""
    if mask is None:
        return outputs[:, -1]
    place = (mask * torch.arange(mask.shape[1], device=mask.device)).argmax(1)
    return outputs.take_along_dim(place[:, None, None], 1)[:, 0]
