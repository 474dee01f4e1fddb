"""The tabular network: embedded categories and numbers side by side, then a multilayer perceptron."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.layers import CategoryEmbeddings, ColumnsSideBySide
from netwright.layers.embedding.columns_side_by_side import join_columns
from netwright.nets.mlp import MLP


@final
class TabularNetwork(nn.Module):
    """Joins learned vectors of categories with numbers, and passes both through a multilayer perceptron.

        y = MLP(concat(E_1[c_1], ..., E_m[c_m], norm(x)))

    A row is one vector: the numbers first, then the category codes.

    Args:
        n_numbers: numeric columns.
        categories: levels of each categorical column, and the length of their vectors.
        n_outputs: features out.
        hidden: units of each hidden layer.
        activation: a module class without arguments.
        dropout: share of the hidden units set to zero in training.
        input_dropout: share of the joined inputs set to zero in training.
        norm: `nn.BatchNorm1d` or `nn.LayerNorm` in the hidden layers; None for none.
        norm_after: whether `norm` comes after the activation instead of before it.
        norm_numbers: whether the numbers pass a batch normalisation first.

    Example:
        >>> import torch
        >>> network = TabularNetwork(n_numbers=3, categories=[(5, 2)], n_outputs=1)
        >>> network(torch.zeros(7, 4)).shape
        torch.Size([7, 1])

    Source:
        Guo and Berkhahn (2016), "Entity Embeddings of Categorical Variables", arXiv:1604.06737; Howard and
        Gugger (2020), "Fastai: A Layered API for Deep Learning", arXiv:2002.04688.
    """

    def __init__(
        self,
        n_numbers: int,
        categories: Sequence[tuple[int, int]],
        n_outputs: int,
        hidden: Sequence[int] = (256, 128),
        activation: type[nn.Module] = nn.ReLU,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        norm: type[nn.BatchNorm1d] | type[nn.LayerNorm] | None = None,
        norm_after: bool = False,
        norm_numbers: bool = False,
    ) -> None:
        super().__init__()
        self.n_numbers = n_numbers
        levels, sizes = [k for k, _ in categories], [size for _, size in categories]
        self.categories = CategoryEmbeddings(levels, sizes) if categories else None
        self.norm_numbers = nn.BatchNorm1d(n_numbers) if norm_numbers and n_numbers else nn.Identity()
        self.mlp = MLP(
            n_numbers + sum(sizes),
            n_outputs,
            hidden,
            activation,
            dropout,
            input_dropout,
            norm,
            norm_after,
        )

    def forward(self, x: Float[Tensor, "batch columns"]) -> Float[Tensor, "batch outputs"]:
        if self.categories is None:
            joined = self.norm_numbers(x)
        else:
            joined = join_columns(x, self.categories, self.n_numbers, self.norm_numbers)
        outputs: Tensor = self.mlp(joined)
        return outputs

    def as_stack(self) -> tuple[nn.Module, ...]:
        """Return the parts that do all its work, one after the other, for training by hand."""
        if self.categories is None:
            return self.norm_numbers, self.mlp
        return ColumnsSideBySide(self.categories, self.n_numbers, self.norm_numbers), self.mlp
