"""Group Lasso: inputs and hidden units that a network does not need lose all their connections at once."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class GroupLassoPenalty(nn.Module):
    """Sum of the lengths of all outgoing connections of each input and hidden unit, for fewer units.

    Use it to find the inputs that matter and the hidden units that suffice while the network learns: add it
    to the loss. Each unit's weights form one group, which shrinks as a whole; biases are groups of one. By
    gradient steps a group comes near to zero without resting there: take units whose weights are all below
    1e-3 for switched off. It looks at the linear layers of the network; others are left alone.

        penalty = strength (sum_l sum_j sqrt(n_l) ||w_lj|| + sum_l ||b_l||_1)
        with w_lj the n_l weights from unit j into layer l, and b_l the layer's biases

    Args:
        strength: of the penalty, 0 or more.

    Raises:
        InputError: when the strength is negative, or a network has no linear layer.

    Example:
        >>> network = nn.Linear(2, 4, bias=False)
        >>> _ = nn.init.ones_(network.weight)
        >>> GroupLassoPenalty(0.5)(network).item()  # two inputs, each 2 long, times the root of 4
        4.0

    Source:
        Scardapane, Comminiello, Hussain and Uncini (2016), "Group Sparse Regularization for Deep Neural
        Networks", arXiv:1607.00485.
    """

    def __init__(self, strength: float = 1e-3) -> None:
        super().__init__()
        self.strength = _checked_strength(strength)

    def forward(self, network: nn.Module) -> Float[Tensor, ""]:
        return self.strength * torch.stack([_groups(layer) for layer in _layers(network)]).sum()


@final
class SparseGroupLassoPenalty(nn.Module):
    """Group Lasso and Lasso in one: units lose all connections, and those that stay lose some.

    Use it as `GroupLassoPenalty`, where the connections of the units that stay should be few as well.

        penalty = GroupLassoPenalty + strength (sum_l ||W_l||_1 + sum_l ||b_l||_1)

    Args:
        strength: of both parts, 0 or more.

    Raises:
        InputError: when the strength is negative, or a network has no linear layer.

    Example:
        >>> network = nn.Linear(2, 4, bias=False)
        >>> _ = nn.init.ones_(network.weight)
        >>> SparseGroupLassoPenalty(0.5)(network).item()  # 4 for the groups, 4 for eight weights
        8.0

    Source:
        Scardapane, Comminiello, Hussain and Uncini (2016), "Group Sparse Regularization for Deep Neural
        Networks", arXiv:1607.00485.
    """

    def __init__(self, strength: float = 1e-3) -> None:
        super().__init__()
        self.strength = _checked_strength(strength)

    def forward(self, network: nn.Module) -> Float[Tensor, ""]:
        sizes = [_groups(layer) + layer.weight.abs().sum() + _bias(layer) for layer in _layers(network)]
        return self.strength * torch.stack(sizes).sum()


def _groups(layer: nn.Linear) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(layer.weight, dim=0)  # (out, in): of each column
    return math.sqrt(layer.out_features) * lengths.sum() + _bias(layer)


def _bias(layer: nn.Linear) -> Tensor:
    return layer.weight.new_zeros(()) if layer.bias is None else layer.bias.abs().sum()


def _layers(network: nn.Module) -> list[nn.Linear]:
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise InputError(
            "a network must have a linear layer", type(network).__name__, "penalise one that has"
        )
    return layers


def _checked_strength(strength: float) -> float:
    if strength < 0:
        raise InputError("strength must be 0 or more", str(strength), "0.001 is usual")
    return strength
