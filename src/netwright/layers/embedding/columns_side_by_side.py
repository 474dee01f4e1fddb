"""The front of a network for tables: vectors of categories and numbers, side by side."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers.embedding.category_embeddings import CategoryEmbeddings


@final
class ColumnsSideBySide(nn.Module):
    """Joins the vectors of categories with the numbers of a row.

    Use it as the first layer of a network for tables. A row comes as one vector: the numbers first, then the
    category codes; what is given has the vectors of the categories first.

        y = concat(E_1[c_1], ..., E_m[c_m], norm(x))

    Args:
        categories: looks up the vectors.
        n_numbers: numeric columns.
        norm_numbers: what the numbers pass first.

    Example:
        >>> layer = ColumnsSideBySide(CategoryEmbeddings([5], [2]), n_numbers=3, norm_numbers=nn.Identity())
        >>> layer(torch.zeros(7, 4)).shape
        torch.Size([7, 5])
    """

    def __init__(self, categories: CategoryEmbeddings, n_numbers: int, norm_numbers: nn.Module) -> None:
        super().__init__()
        self.categories, self.n_numbers, self.norm_numbers = categories, n_numbers, norm_numbers

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch features"]:
        return join_columns(x, self.categories, self.n_numbers, self.norm_numbers)


def join_columns(
    x: Float[Tensor, "batch columns"], categories: CategoryEmbeddings, n_numbers: int, norm_numbers: nn.Module
) -> Float[Tensor, "batch features"]:
    """Return the vectors of the categories and the numbers side by side, as `ColumnsSideBySide` does.

    Args:
        x: the numbers first, then the category codes.
        categories: looks up the vectors.
        n_numbers: numeric columns.
        norm_numbers: what the numbers pass first.
    """
    return torch.cat([categories(x[:, n_numbers:]), norm_numbers(x[:, :n_numbers])], dim=1)
