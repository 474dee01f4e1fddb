"""Linear layers of an ensemble that is trained at once."""

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
        >>> EnsembleLinear(n_members=4, n_inputs=8, n_outputs=2)(torch.zeros(4, 5, 8)).shape
        torch.Size([4, 5, 2])

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210.
    """

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        bound = n_inputs**-0.5
        self.weight = nn.Parameter(torch.empty(n_members, n_inputs, n_outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_members, 1, n_outputs).uniform_(-bound, bound))

    def forward(self, x: Float[Tensor, "members batch inputs"]) -> Float[Tensor, "members batch outputs"]:
        return torch.baddbmm(self.bias, x, self.weight)


@final
class MemberAdapter(nn.Module):
    """The first layer of an ensemble: one shared weight, seen by each member through its own glasses.

    Use it to make members differ while they share nearly all weights. Each member multiplies the vector of
    each column by a number of its own, drawn from a normal distribution.

        y_k = sum_j r_kj x_j W_j + b_k

    Every column passes the shared weights once, whatever the number of members.

    Args:
        n_columns: columns of the table.
        column_width: length of the vector of each column.
        n_members: members of the ensemble.
        n_outputs: features out.

    Example:
        >>> MemberAdapter(n_columns=3, column_width=2, n_members=4, n_outputs=8)(torch.zeros(6, 3, 2)).shape
        torch.Size([4, 6, 8])

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210; after Wen, Tran and Ba (2020), "BatchEnsemble",
        arXiv:2002.06715.

    Differs:
        A member has one number for each column instead of one for each feature, which costs less.
    """

    def __init__(self, n_columns: int, column_width: int, n_members: int, n_outputs: int) -> None:
        super().__init__()
        bound = (n_columns * column_width) ** -0.5
        self.weight = nn.Parameter(torch.empty(n_columns, column_width, n_outputs).uniform_(-bound, bound))
        self.factor = nn.Parameter(torch.randn(n_members, n_columns))
        bias = torch.empty(1, 1, n_outputs).uniform_(-bound, bound)
        self.bias = nn.Parameter(bias.repeat(n_members, 1, 1))

    def forward(self, x: Float[Tensor, "batch columns width"]) -> Float[Tensor, "members batch outputs"]:
        shared = torch.bmm(x.transpose(0, 1), self.weight)  # (columns, batch, outputs)
        return (self.factor @ shared.flatten(1)).view(-1, *shared.shape[1:]) + self.bias
