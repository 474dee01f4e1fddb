"""Linear layers of an ensemble that is trained at once."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn


@final
class EnsembleLinear(nn.Module):
    """A linear layer of its own for each member of an ensemble, all in one product.

    Use it as the last layer of members that share their earlier weights.

        y_k = x_k W_k + b_k

    Args:
        n_members: layers side by side.
        n_inputs: features in.
        n_outputs: features out.

    Example:
        >>> EnsembleLinear(n_members=4, n_inputs=8, n_outputs=2)(torch.zeros(5, 4, 8)).shape
        torch.Size([5, 4, 2])

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210.
    """

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        bound = n_inputs**-0.5
        self.weight = nn.Parameter(torch.empty(n_members, n_inputs, n_outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_members, n_outputs).uniform_(-bound, bound))

    def forward(self, x: Float[Tensor, "batch members inputs"]) -> Float[Tensor, "batch members outputs"]:
        return torch.bmm(x.transpose(0, 1), self.weight).transpose(0, 1) + self.bias


@final
class MemberAdapter(nn.Module):
    """The first layer of an ensemble: one shared weight, seen by each member through its own glasses.

    Use it to make members differ while they share nearly all weights. Each member multiplies every group
    of inputs (the vector of one column) by a number of its own, drawn from a normal distribution.

        y_k = W (r_k * x) + b_k

    Args:
        groups: lengths of the groups of inputs that share a factor; their sum is the number of inputs.
        n_members: members of the ensemble.
        n_outputs: features out.

    Example:
        >>> MemberAdapter(groups=[2, 3], n_members=4, n_outputs=8)(torch.zeros(6, 5)).shape
        torch.Size([6, 4, 8])

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210; after Wen, Tran and Ba (2020), "BatchEnsemble",
        arXiv:2002.06715.
    """

    group_of: Tensor

    def __init__(self, groups: Sequence[int], n_members: int, n_outputs: int) -> None:
        super().__init__()
        bound = sum(groups) ** -0.5
        self.weight = nn.Parameter(torch.empty(n_outputs, sum(groups)).uniform_(-bound, bound))
        self.factor = nn.Parameter(torch.randn(n_members, len(groups)))
        self.bias = nn.Parameter(torch.empty(n_outputs).uniform_(-bound, bound).repeat(n_members, 1))
        group_of = [group for group, size in enumerate(groups) for _ in range(size)]
        self.register_buffer("group_of", torch.tensor(group_of))

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch members outputs"]:
        weight = self.weight * self.factor[:, None, self.group_of]  # (members, outputs, inputs)
        return (x @ weight.flatten(0, 1).T).view(len(x), *weight.shape[:2]) + self.bias
