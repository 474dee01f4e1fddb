"""Piecewise-linear embeddings: a number becomes a learned vector that bends at the edges of its bins."""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn


@final
class PiecewiseLinearEncoding(nn.Module):
    """Says of each number how far it has come through each bin of its column, from 0 to 1.

    Use it where a network has to bend sharply along single numbers, as trees do: a plain network learns such
    functions slowly.

        e_t(x) = clip((x - b_t) / (b_{t+1} - b_t), 0, 1)

    Args:
        edges: for each column the edges of its bins in rising order, at least two.

    Raises:
        ValueError: when a column has fewer than two edges or they do not rise.

    Example:
        >>> layer = PiecewiseLinearEncoding([torch.tensor([0.0, 1.0, 3.0])])
        >>> layer(torch.tensor([[0.5], [2.0]]))
        tensor([[[0.5000, 0.0000]],
        <BLANKLINE>
                [[1.0000, 0.5000]]])

    Source:
        Gorishniy, Rubachev and Babenko (2022), "On Embeddings for Numerical Features in Tabular Deep
        Learning", arXiv:2203.05556.

    Differs:
        Values beyond the outer edges are clipped too, so that a wild value does no harm.
    """

    starts: Tensor
    slopes: Tensor

    def __init__(self, edges: Sequence[Tensor]) -> None:
        super().__init__()
        for column, rising in enumerate(edges):
            if len(rising) < 2 or not bool((rising.diff() > 0).all()):
                raise ValueError(f"edges[{column}] must be two or more rising numbers, got {rising.tolist()}")
        n_bins = max((len(rising) - 1 for rising in edges), default=0)
        starts, slopes = torch.zeros(len(edges), n_bins), torch.zeros(len(edges), n_bins)
        for column, rising in enumerate(edges):
            # bins that a column does not have keep slope 0 and give 0
            starts[column, : len(rising) - 1] = rising[:-1]
            slopes[column, : len(rising) - 1] = 1 / rising.diff()
        self.register_buffer("starts", starts)
        self.register_buffer("slopes", slopes)

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch columns bins"]:
        return ((x[..., None] - self.starts) * self.slopes).clamp(0, 1)


@final
class PiecewiseLinearEmbeddings(nn.Module):
    """Gives each numeric column a learned vector that moves piecewise linearly with the number.

    Use it in front of a network for tables, beside `CategoryEmbeddings` for the categories.

        y_j = b_j + x_j w_j + e_j(x_j) V_j,    V_j = 0 at the start

    where e_j is the piecewise-linear encoding of column j: training begins at a linear embedding and bends
    it where that helps.

    Args:
        edges: for each column the edges of its bins in rising order, at least two.
        width: length of the vector of each column.

    Raises:
        ValueError: when a column has fewer than two edges or they do not rise.

    Example:
        >>> layer = PiecewiseLinearEmbeddings([torch.tensor([0.0, 1.0, 3.0])] * 5, width=8)
        >>> layer(torch.rand(2, 5)).shape
        torch.Size([2, 5, 8])

    Source:
        Gorishniy, Rubachev and Babenko (2022), "On Embeddings for Numerical Features in Tabular Deep
        Learning", arXiv:2203.05556; the linear term is that of Gorishniy, Kotelnikov and Babenko (2024),
        "TabM", arXiv:2410.24210.
    """

    def __init__(self, edges: Sequence[Tensor], width: int) -> None:
        super().__init__()
        self.encoding = PiecewiseLinearEncoding(edges)
        n_columns, n_bins = self.encoding.starts.shape
        self.bent = nn.Parameter(torch.zeros(n_columns, n_bins, width))
        self.slope = nn.Parameter(torch.empty(n_columns, width).uniform_(-1, 1))
        self.offset = nn.Parameter(torch.empty(n_columns, width).uniform_(-1, 1))

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch columns width"]:
        straight = self.offset[:, None] + x.T[..., None] * self.slope[:, None]  # (columns, batch, width)
        return torch.baddbmm(straight, self.encoding(x).transpose(0, 1), self.bent).transpose(0, 1)
