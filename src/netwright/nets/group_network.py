"""The group network: each category's agreement with all others, as dot products of learned vectors."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import CategoryEmbeddings


@final
class GroupNetwork(nn.Module):
    """Learns how well each category of a row goes with the others of its row, and answers from that.

    Use it for tables of many categories where what counts is which of them come together: a linear model on
    one-hot columns cannot see that. `embeddings.Group2Vec` is the transformer around it.

        g_i = 1 / (m - 1) sum_{j != i} <E_i[c_i], E_j[c_j]>
        y = W dropout(norm(concat(x, g_1, ..., g_m))) + b

    A row is one vector: the numbers x first, then the category codes c.

    Args:
        n_numbers: numeric columns.
        cardinalities: levels of each categorical column, of which there are two or more.
        n_outputs: features out.
        width: length of the vector of a level.
        dropout: share of the joined averages and numbers set to zero in training.

    Raises:
        InputError: when there are fewer than two categorical columns.

    Example:
        >>> network = GroupNetwork(n_numbers=1, cardinalities=[5, 3, 4], n_outputs=2)
        >>> network(torch.zeros(7, 4)).shape, network.groups(torch.zeros(7, 4)).shape
        (torch.Size([7, 2]), torch.Size([7, 3]))

    Source:
        Cerliani, "Group2Vec for Advance Categorical Encoding", Towards Data Science,
        https://towardsdatascience.com/group2vec-for-advance-categorical-encoding-54dfc7a08349.
    """

    def __init__(
        self,
        n_numbers: int,
        cardinalities: Sequence[int],
        n_outputs: int,
        width: int = 16,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if len(cardinalities) < 2:
            raise InputError(
                "groups must be made of two categorical columns or more",
                str(len(cardinalities)),
                "name numbers that are categories in TableEncoder(categories=...)",
            )
        n_groups = len(cardinalities)
        self.n_numbers, self.n_groups = n_numbers, n_groups
        self.categories = CategoryEmbeddings(cardinalities, [width] * n_groups)
        self.norm = nn.BatchNorm1d(n_numbers + n_groups)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(n_numbers + n_groups, n_outputs)

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch outputs"]:
        joined = torch.cat([x[:, : self.n_numbers], self.groups(x)], dim=1)
        outputs: Tensor = self.last(self.dropout(self.norm(joined)))
        return outputs

    def groups(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch groups"]:
        """Return the mean dot product of each category's vector with those of the others of its row."""
        vectors = self.categories(x[:, self.n_numbers :]).unflatten(1, (self.n_groups, -1))
        others = vectors.sum(dim=1, keepdim=True) - vectors  # (batch, groups, width)
        averages: Tensor = (vectors * others).sum(dim=2) / (self.n_groups - 1)
        return averages
