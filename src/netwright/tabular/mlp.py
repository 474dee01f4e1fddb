"""The multilayer perceptron for tables, as classifier and regressor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import TableEncoder, embedding_size
from netwright.estimators import DeepClassifier, DeepRegressor, read_table
from netwright.estimators.tables import silence_unlearned
from netwright.nets import TabularNetwork
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class MLPClassifier(DeepClassifier):
    """Multilayer perceptron for labels of rows in a table.

    Numbers are scaled, categories become learned vectors (their length follows `data.embedding_size`), and
    missing values are told to the network. With `activation=nn.SELU` it is the self-normalising network.

    Args:
        hidden: units of each hidden layer.
        activation: a torch module class without arguments.
        dropout: share of the hidden units set to zero in training.
        input_dropout: share of the inputs set to zero in training.
        norm: `nn.BatchNorm1d` or `nn.LayerNorm` in the hidden layers; None for none.
        class_weight: None, "balanced", or a weight for each class.
        table: how columns become numbers; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> model = MLPClassifier(random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.9
        True

    Source:
        Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors",
        doi:10.1038/323533a0; entity embeddings: Guo and Berkhahn (2016), arXiv:1604.06737; several labels:
        Zhang and Zhou (2006), "Multilabel Neural Networks with Applications to Functional Genomics and Text
        Categorization", doi:10.1109/TKDE.2006.162 (here each label has a loss of its own); soft labels:
        Peterson et al. (2019), "Human uncertainty makes classification more robust", arXiv:1908.07086.
    """

    hidden: Sequence[int] = (256, 128)
    activation: type[nn.Module] = nn.ReLU
    dropout: float = 0.0
    input_dropout: float = 0.0
    norm: type[nn.BatchNorm1d] | type[nn.LayerNorm] | None = None
    class_weight: Any = None
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows as one matrix: numbers first, category codes behind them."""
        return read_table(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return build_mlp(
            self.table_,
            n_outputs,
            hidden=self.hidden,
            activation=self.activation,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
            norm=self.norm,
        )


@final
@dataclass(eq=False, repr=False)
class MLPRegressor(DeepRegressor):
    """Multilayer perceptron for one number or several of rows in a table.

    Targets are standardised while learning; inputs are treated as in `MLPClassifier`.

    Args:
        hidden: units of each hidden layer.
        activation: a torch module class without arguments.
        dropout: share of the hidden units set to zero in training.
        input_dropout: share of the inputs set to zero in training.
        norm: `nn.BatchNorm1d` or `nn.LayerNorm` in the hidden layers; None for none.
        table: how columns become numbers; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> model = MLPRegressor(hidden=(32,), random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.4
        True

    Source:
        Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors",
        doi:10.1038/323533a0; entity embeddings: Guo and Berkhahn (2016), arXiv:1604.06737.
    """

    hidden: Sequence[int] = (256, 128)
    activation: type[nn.Module] = nn.ReLU
    dropout: float = 0.0
    input_dropout: float = 0.0
    norm: type[nn.BatchNorm1d] | type[nn.LayerNorm] | None = None
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows as one matrix: numbers first, category codes behind them."""
        return read_table(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return build_mlp(
            self.table_,
            n_outputs,
            hidden=self.hidden,
            activation=self.activation,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
            norm=self.norm,
        )


def build_mlp(
    table: TableEncoder,
    n_outputs: int,
    *,
    hidden: Sequence[int],
    activation: type[nn.Module],
    dropout: float,
    input_dropout: float = 0.0,
    norm: type[nn.BatchNorm1d] | type[nn.LayerNorm] | None = None,
) -> TabularNetwork:
    """Return a fresh network for what a fitted encoder gives.

    Args:
        table: fitted.
        n_outputs: numbers that the head wants for a row.
        hidden: units of each hidden layer.
        activation: a torch module class without arguments.
        dropout: share of the hidden units set to zero in training.
        input_dropout: share of the inputs set to zero in training.
        norm: normalisation in the hidden layers, or None.

    Raises:
        InputError: when `hidden` or `activation` is something else.

    Example:
        >>> table = TableEncoder().fit(np.eye(3))
        >>> build_mlp(table, 2, hidden=(4,), activation=nn.ReLU, dropout=0.0)(torch.zeros(1, 3)).shape
        torch.Size([1, 2])
    """
    if not isinstance(hidden, Sequence) or not all(isinstance(units, int) and units > 0 for units in hidden):
        raise InputError("hidden must be the units of each hidden layer", repr(hidden), "such as (256, 128)")
    if not (isinstance(activation, type) and issubclass(activation, nn.Module)):
        raise InputError("activation must be a class of torch modules", repr(activation), "such as nn.ReLU")
    network = TabularNetwork(
        n_numbers=table.n_numbers_,
        categories=[(levels, embedding_size(levels)) for levels in table.cardinalities_],
        n_outputs=n_outputs,
        hidden=hidden,
        activation=activation,
        dropout=dropout,
        input_dropout=input_dropout,
        norm=norm,
    )
    if network.categories is not None:
        silence_unlearned(network.categories.tables, table)
    return network
