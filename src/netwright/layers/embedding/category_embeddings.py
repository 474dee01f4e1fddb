"""Entity embeddings: each categorical column's levels become learned vectors."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn


@final
class CategoryEmbeddings(nn.Module):
    """Looks up a learned vector for the level of each categorical column, and joins the vectors.

    Use it in front of a network for tables: levels that act alike come to lie side by side, and a column of
    thousands of levels costs a few dozen inputs instead of thousands.

        y = concat_j  s_j[x_j] * E_j[x_j],    s_j[l] = n_jl / (n_jl + shrinkage)

    The factor s draws the vectors of rare levels towards zero, the vector of a level about which nothing is
    known, as an estimate from few rows should be; without counts it is 1.

    Args:
        cardinalities: levels of each column; codes go from 0 to below this.
        sizes: length of the vectors of each column.
        counts: training rows of each level of each column; None leaves every vector whole.
        shrinkage: rows that a level needs for its vector to count half.
        dropout: share of the joined numbers that are set to zero in training.

    Example:
        >>> layer = CategoryEmbeddings(cardinalities=[3, 7], sizes=[2, 4])
        >>> layer(torch.tensor([[0.0, 6.0], [2.0, 1.0]])).shape
        torch.Size([2, 6])

    Source:
        Guo and Berkhahn (2016), "Entity Embeddings of Categorical Variables", arXiv:1604.06737.

    Differs:
        The shrinkage is that of Micci-Barreca (2001), doi:10.1145/507533.507538, for target statistics.
    """

    def __init__(
        self,
        cardinalities: Sequence[int],
        sizes: Sequence[int],
        counts: Sequence[Tensor] | None = None,
        shrinkage: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.tables = nn.ModuleList()
        for levels, size in zip(cardinalities, sizes, strict=True):
            table = nn.Embedding(levels, size)
            nn.init.normal_(table.weight, std=size**-0.5)
            self.tables.append(table)
        for column, levels in enumerate(cardinalities):
            share = torch.ones(levels, 1)
            if counts is not None:
                known = counts[column].float()[:, None]
                share = torch.where(known > 0, known / (known + shrinkage).clamp(min=1e-9), 0.0)
            self.register_buffer(f"share_{column}", share)
        self.dropout = nn.Dropout(dropout)

    def forward(self, codes: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch features"]:
        vectors = []
        for column, table in enumerate(self.tables):
            code = codes[:, column].long()
            vectors.append(table(code) * self.get_buffer(f"share_{column}")[code])
        joined: Tensor = self.dropout(torch.cat(vectors, dim=1))
        return joined
