"""TabM: an ensemble of tabular networks that share nearly all weights and are trained at once."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import CategoryEmbeddings, EnsembleLinear, MemberAdapter, PiecewiseLinearEmbeddings


@final
class TabM(nn.Module):
    """Many networks for tables in one: shared weights, a pair of glasses for each member, a head for each.

    Use it as the first choice for tables. The members differ in how strongly they see each column and in
    their last layer; each learns by its own loss, and the mean of their predictions is better than any one
    of them, at a fraction of the cost of separate networks.

        h_k = f(sum_j r_kj e_j(x_j) W_j + b_k),  ...,  y_k = h_k V_k + c_k

    A row is one vector: the numbers first, then the category codes.

    Args:
        edges: for each numeric column the edges of its bins, at least two.
        cardinalities: levels of each categorical column.
        n_outputs: features out.
        counts: training rows of each level of each categorical column, for `shrinkage`.
        shrinkage: rows that a level needs for its vector to count half.
        column_width: length of the vector of each column.
        width: units of each hidden layer.
        depth: hidden layers.
        n_members: networks in the ensemble.
        dropout: share of the hidden units set to zero in training.

    Example:
        >>> edges = [torch.tensor([0.0, 0.5, 1.0])]
        >>> network = TabM(edges, cardinalities=[5], n_outputs=1, n_members=4)
        >>> network(torch.zeros(7, 2)).shape
        torch.Size([7, 4, 1])

    Source:
        Gorishniy, Kotelnikov and Babenko (2024), "TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling", arXiv:2410.24210 (the variant TabM-mini with embedded numbers).
    """

    def __init__(
        self,
        edges: Sequence[Tensor],
        cardinalities: Sequence[int],
        n_outputs: int,
        counts: Sequence[Tensor] | None = None,
        shrinkage: float = 100.0,
        column_width: int = 16,
        width: int = 128,
        depth: int = 2,
        n_members: int = 8,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        n_codes, self.n_numbers = len(cardinalities), len(edges)
        self.numbers = PiecewiseLinearEmbeddings(edges, column_width) if edges else None
        self.categories = (
            CategoryEmbeddings(cardinalities, [column_width] * n_codes, counts, shrinkage)
            if n_codes
            else None
        )
        self.first = MemberAdapter(self.n_numbers + n_codes, column_width, n_members, width)
        hidden: list[nn.Module] = [nn.ReLU(), nn.Dropout(dropout)]
        for _ in range(depth - 1):
            hidden += [nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout)]
        self.hidden = nn.Sequential(*hidden)
        self.last = EnsembleLinear(n_members, width, n_outputs)

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch members outputs"]:
        columns = []
        if self.numbers is not None:
            columns.append(self.numbers(x[:, : self.n_numbers]))
        if self.categories is not None:
            joined = self.categories(x[:, self.n_numbers :])
            columns.append(joined.view(len(x), x.shape[1] - self.n_numbers, -1))
        members: Tensor = self.last(self.hidden(self.first(torch.cat(columns, dim=1))))
        return members.transpose(0, 1)
