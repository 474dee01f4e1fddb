"""One-hot columns: category codes of a row become columns of 0 and 1."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn


@final
class OneHotColumns(nn.Module):
    """Numbers of a row as they are, and behind them a column of 0 and 1 for each level of each category.

    Use it where a network is to give rows back: codes have no distances, columns of 0 and 1 have. To learn
    from categories, take `CategoryEmbeddings`.

        y = concat(x_1 .. x_n, onehot(c_1), ..., onehot(c_m))

    Args:
        n_numbers: numbers of a row, which stand first.
        levels: of each category.

    Example:
        >>> OneHotColumns(1, [2, 3])(torch.tensor([[0.5, 1.0, 0.0]]))
        tensor([[0.5000, 0.0000, 1.0000, 1.0000, 0.0000, 0.0000]])
    """

    places: Tensor
    column: Tensor

    def __init__(self, n_numbers: int, levels: Sequence[int]) -> None:
        super().__init__()
        self.n_numbers = n_numbers
        self.n_outputs = n_numbers + sum(levels)
        codes = [float(code) for size in levels for code in range(size)]
        columns = [number for number, size in enumerate(levels) for _ in range(size)]
        self.register_buffer("places", torch.tensor(codes))
        self.register_buffer("column", torch.tensor(columns, dtype=torch.int64))

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch outputs"]:
        numbers, codes = x[:, : self.n_numbers], x[:, self.n_numbers :]
        spread = codes.index_select(1, self.column)  # (batch, levels of all categories)
        return torch.cat([numbers, (spread == self.places).to(x.dtype)], dim=1)
