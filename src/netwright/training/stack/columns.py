"""The front of a network for tables by hand: one gather for all categories, one scatter back."""

from dataclasses import replace
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import CategoryEmbeddings, ColumnsSideBySide
from netwright.training.stack.dropout import DropoutStep
from netwright.training.stack.normalisation import BatchNormStep
from netwright.training.stack.step import Site, Step


@final
class ColumnsStep(Step):
    """Looks up the vectors of all categories at once, in the one vector in which their tables lie.

        place[i, k] = first[k] + size[j] * code[i, j] + k,    y = tables[place] * share[place]

    where number k of a row belongs to column j. The places are a matrix product with what is constant, which
    is exact in whole numbers below 2^24 (2^53 in float64).

    Args:
        layer: the layer.
        site: where it stands.

    Raises:
        InputError: when a code is none of its column's levels.

    Source:
        Guo and Berkhahn (2016), "Entity Embeddings of Categorical Variables", arXiv:1604.06737.
    """

    def __init__(self, layer: ColumnsSideBySide, site: Site) -> None:
        tables = [table.get_parameter("weight") for table in layer.categories.tables]
        self.tables, self.gradient = site.span(tables)
        self.n_numbers = layer.n_numbers
        self.sizes, self.first = _layout(tables)
        self.levels = self.tables.new_tensor([len(table) for table in tables])
        self.shares = _shares(layer.categories, tables)
        width, take = len(self.first), site.arena.take
        self.codes, self.part = take(len(tables)), take(len(tables))
        self.places, self.vectors = take(width), take(width)
        self.index = torch.empty(self.places.shape, dtype=torch.int64)
        self.share = take(width)
        self.joined = take(width + self.n_numbers)
        self.dropout = self._inner(layer.categories.dropout, site, width)
        self.norm = self._inner(layer.norm_numbers, site, self.n_numbers)

    def forward(self, x: Tensor) -> Tensor:
        self._locate(x)
        flat, width = self.index.view(-1), self.vectors.shape[1]
        vectors = self.vectors
        torch.index_select(self.tables, 0, flat, out=vectors.view(-1))
        if self.shares is not None:
            torch.index_select(self.shares, 0, flat, out=self.share.view(-1))
            vectors.mul_(self.share)
        if self.dropout is not None:
            self.dropout.forward(vectors)
        if not self.n_numbers:
            return vectors
        numbers = x[:, : self.n_numbers]
        self.joined[:, :width] = vectors
        self.joined[:, width:] = numbers if self.norm is None else self.norm.forward(numbers)
        return self.joined

    def backward(self, gradient: Tensor, add: bool) -> Tensor:
        width = self.vectors.shape[1]
        if self.norm is not None:
            self.norm.backward(gradient[:, width:].contiguous(), add)
        below = self.vectors.copy_(gradient[:, :width])
        if self.dropout is not None:
            self.dropout.backward(below, add)
        if self.shares is not None:
            below.mul_(self.share)
        if not add:
            self.gradient.zero_()
        self.gradient.scatter_add_(0, self.index.view(-1), below.view(-1))
        return gradient

    def _locate(self, x: Tensor) -> None:
        """Find where in the tables the numbers of each row stand."""
        torch.trunc(x[:, self.n_numbers :], out=self.codes)
        low, high = torch.aminmax(torch.div(self.codes, self.levels, out=self.part))
        if not (low.item() >= 0 and high.item() < 1):
            raise InputError(
                "category codes must go from 0 to below the levels of their column",
                f"a code outside of it ({self.codes.amin().item():g} to {self.codes.amax().item():g})",
                "encode the table with the encoder that the network was made for",
            )
        self.index.copy_(torch.addmm(self.first, self.codes, self.sizes, out=self.places))

    def _inner(self, layer: nn.Module, site: Site, width: int) -> Any:
        """The step of a part that works on its own columns, or None where it does nothing."""
        site = replace(site, width=width, first=True, last=False, free=True)
        if type(layer) is nn.BatchNorm1d:
            return BatchNormStep(layer, site)
        if type(layer) is nn.Dropout and layer.p:
            return DropoutStep(layer, site)
        return None


def column_widths(layer: ColumnsSideBySide) -> tuple[int, int] | None:
    """Return how many numbers the front takes and gives, or None where one of its parts is not known.

    Args:
        layer: the front.

    Example:
        >>> column_widths(ColumnsSideBySide(CategoryEmbeddings([5], [2]), 3, nn.Identity()))
        (4, 5)
    """
    categories, tables = layer.categories, list(layer.categories.tables)
    known = (
        type(categories) is CategoryEmbeddings
        and type(categories.dropout) is nn.Dropout
        and type(layer.norm_numbers) in (nn.BatchNorm1d, nn.Identity)
        and all(_plain(table) for table in tables)
    )
    if not known or not _exact(tables):
        return None
    widths = sum(table.get_parameter("weight").shape[1] for table in tables)
    return layer.n_numbers + len(tables), layer.n_numbers + widths


def _plain(table: Any) -> bool:
    special = (table.padding_idx, table.max_norm, table.scale_grad_by_freq or None, table.sparse or None)
    return type(table) is nn.Embedding and special == (None,) * 4


def _exact(tables: list[nn.Module]) -> bool:
    """Whether places in the tables are whole numbers that floating point holds exactly."""
    weights = [table.get_parameter("weight") for table in tables]
    most = {torch.float32: 2**24, torch.float64: 2**53}
    return all(sum(w.numel() for w in weights) < most.get(weight.dtype, 0) for weight in weights)


def _layout(tables: list[nn.Parameter]) -> tuple[Tensor, Tensor]:
    """How far apart a column's levels lie, (columns, numbers), and where each number's level 0 stands."""
    like, start, end = tables[0].detach(), 0, 0
    width = sum(table.shape[1] for table in tables)
    sizes, first = like.new_zeros(len(tables), width), like.new_zeros(width)
    for column, table in enumerate(tables):
        size = table.shape[1]
        sizes[column, end : end + size] = size
        first[end : end + size] = torch.arange(start, start + size)
        start, end = start + table.numel(), end + size
    return sizes, first


def _shares(categories: CategoryEmbeddings, tables: list[nn.Parameter]) -> Tensor | None:
    """The share of each level, laid out as the tables are; None where all are whole."""
    shares = [
        categories.get_buffer(f"share_{column}").expand_as(table).flatten()
        for column, table in enumerate(tables)
    ]
    flat = torch.cat(shares).to(tables[0].dtype)
    return None if bool((flat == 1).all()) else flat
