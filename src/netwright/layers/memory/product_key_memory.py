"""Product-key memory: a table of values so large that it is read by searching, not by multiplying."""

from typing import final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class ProductKeyMemory(nn.Module):
    """A layer with n_keys^2 values, of which each input reads the few whose keys are nearest.

    Use it in place of the feed-forward block of a transformer to give it many more parameters at nearly no
    more work. A key is a pair of half keys, so that the nearest of all n_keys^2 pairs are found exactly from
    two searches among n_keys.

        q = BatchNorm(W x) = (q_1, q_2)   for each head
        s_ij = q_1 . a_i + q_2 . b_j   over all pairs; the top_k highest are kept
        y = sum over heads and kept pairs of softmax(s)_ij V_ij

    The batch norm spreads the reading over the whole table. Padded inputs have no influence, and get zeros;
    with a mask in training it cannot be compiled as one graph.

    Args:
        width: features in.
        n_keys: half keys on each side; the table has the square of this number of values.
        n_heads: queries side by side; they share the values.
        top_k: values each head reads.
        key_width: features of a query, both halves together.
        n_outputs: features out; None for as many as go in.
        batch_norm: whether queries are normalised over the batch.
        sparse: whether the gradient of the values is a sparse tensor, for `torch.optim.SparseAdam`.

    Raises:
        InputError: when key_width is odd, or top_k is above n_keys.

    Example:
        >>> ProductKeyMemory(width=8, n_keys=16, n_heads=2, top_k=4, key_width=6)(torch.zeros(2, 5, 8)).shape
        torch.Size([2, 5, 8])

    Source:
        Lample, Sablayrolles, Ranzato, Denoyer and Jégou (2019), "Large Memory Layers with Product Keys",
        arXiv:1907.05242.
    """

    def __init__(
        self,
        width: int,
        n_keys: int = 512,
        n_heads: int = 4,
        top_k: int = 32,
        key_width: int = 256,
        n_outputs: int | None = None,
        batch_norm: bool = True,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        if key_width % 2:
            raise InputError("key_width must be even", f"{key_width}", "each half searches one side")
        if not 1 <= top_k <= n_keys:
            raise InputError("top_k must be from 1 to n_keys", f"{top_k} of {n_keys}", "read fewer values")
        self.n_keys, self.n_heads, self.top_k, self.sparse = n_keys, n_heads, top_k, sparse
        n_outputs = n_outputs or width
        self.query = nn.Linear(width, n_heads * key_width)
        self.norm = nn.BatchNorm1d(n_heads * key_width) if batch_norm else None
        bound = (key_width // 2) ** -0.5
        self.keys = nn.Parameter(torch.empty(n_heads, 2, n_keys, key_width // 2).uniform_(-bound, bound))
        self.values = nn.Parameter(torch.randn(n_keys**2, n_outputs) * n_outputs**-0.5)

    def forward(
        self, x: Float[Tensor, "*batch features"], mask: Bool[Tensor, "*batch"] | None = None
    ) -> Float[Tensor, "*batch outputs"]:
        rows = x.reshape(-1, x.shape[-1])
        real = None if mask is None else mask.reshape(-1)
        if real is not None:
            rows = torch.where(real[:, None], rows, 0)
        with torch.autocast(x.device.type, enabled=False):  # a score in bfloat16 would choose other values
            query = self._normalised(self.query(rows.to(self.query.weight.dtype)), real)
            scores, places = self.nearest(query)
        weights = scores.softmax(-1).flatten(1).to(self.values.dtype)
        y = F.embedding_bag(
            places.flatten(1), self.values, mode="sum", sparse=self.sparse, per_sample_weights=weights
        )
        if real is not None:
            y = torch.where(real[:, None], y, 0)
        return y.reshape(*x.shape[:-1], -1)

    def nearest(
        self, query: Float[Tensor, "rows queries"]
    ) -> tuple[Float[Tensor, "rows heads top"], Int[Tensor, "rows heads top"]]:
        """The highest scores of all pairs of half keys, best first, and the rows of their values.

        Args:
            query: of all heads, one after the other.
        """
        halves = query.reshape(len(query), self.n_heads, 2, -1)
        scores = torch.einsum("rhsf,hskf->rhsk", halves, self.keys)
        # A half that is not among the best of its side has top_k better pairs for each pair it is in; so has
        # the pair of a side's i-th best and the other's j-th, counted from one, where i j is above top_k.
        best, places = scores.topk(self.top_k)
        rank = torch.arange(1, self.top_k + 1, device=query.device)
        first, second = (rank[:, None] * rank <= self.top_k).nonzero(as_tuple=True)
        sums = best[:, :, 0, first] + best[:, :, 1, second]
        pairs = places[:, :, 0, first] * self.n_keys + places[:, :, 1, second]
        top, chosen = sums.topk(self.top_k)
        return top, pairs.gather(2, chosen)

    def _normalised(self, query: Tensor, real: Tensor | None) -> Tensor:
        if self.norm is None:
            return query
        if real is None or not self.training:
            normed: Tensor = self.norm(query)
            return normed
        return torch.zeros_like(query).index_put((real,), self.norm(query[real]))

    def extra_repr(self) -> str:
        return f"n_keys={self.n_keys}, n_heads={self.n_heads}, top_k={self.top_k}, sparse={self.sparse}"
