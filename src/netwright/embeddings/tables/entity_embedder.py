"""Entity embeddings: levels of categorical columns as vectors that a network learned from a target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, final

import numpy as np
import torch
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.data import TableEncoder, Vocabulary, embedding_size
from netwright.embeddings.tables.learning import learn_target, level_names, looked_up
from netwright.embeddings.vectors.word_vectors import WordVectors
from netwright.estimators import DeepEstimator, read_table
from netwright.estimators.tables import silence_unlearned
from netwright.nets import TabularNetwork
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class EntityEmbedder(TransformerMixin, DeepEstimator):  # type: ignore[misc]
    """Turn the levels of categorical columns into vectors that were learned from a target.

    Use it in front of any model, in a pipeline: levels that act alike come to lie side by side, so that
    trees, neighbours and linear models see at a glance what takes many splits of codes. A multilayer
    perceptron over one vector per column learns the vectors and is kept in `network_`; `vectors_` has
    those of each column.

        x = concat(numbers, E_1[c_1], ..., E_m[c_m]),   learned by making   loss(y, MLP(x))   small

    Columns come out as numbers, scaled and filled as `TableEncoder` has them, and then the vectors. Levels
    that are rare or new share one vector, which is zero where no row of the fit had it; missing values have
    a vector of their own. The vectors know the target of the rows they were fitted to: judge what follows
    on other rows, as cross-validation of the whole pipeline does.

    Args:
        hidden: units of each hidden layer of the network that learns.
        dropout: share of the hidden units set to zero in training.
        size_rule: how long the vectors of a column are, as `data.embedding_size` takes it.
        task: "classification", "regression", or "auto": words, truth values and few whole numbers are
            classes.
        table: which columns are categories and how they are read; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when the table or the target cannot be used.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"day": ["mo", "tu", "sa", "su"] * 50, "size": np.arange(200.0) % 9})
        >>> late = np.array([0, 0, 1, 1] * 50)
        >>> embedder = EntityEmbedder(hidden=(8,), training=Training(epochs=40), random_state=0)
        >>> embedder.fit_transform(table, late).shape
        (200, 5)
        >>> embedder.get_feature_names_out().tolist()
        ['size', 'day[0]', 'day[1]', 'day[2]', 'day[3]']
        >>> embedder.vectors_["day"].most_similar(["sa"], n=1)[0][0]
        'su'

    Source:
        Guo and Berkhahn (2016), "Entity Embeddings of Categorical Variables", arXiv:1604.06737; the lengths:
        Howard and Gugger (2020), "fastai: A Layered API for Deep Learning", arXiv:2002.04688.
    """

    hidden: Sequence[int] = (256, 128)
    dropout: float = 0.0
    size_rule: Literal["power", "half"] = "power"
    task: Literal["auto", "classification", "regression"] = "auto"
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, time: Any = None) -> Self:
        """Learn the vectors.

        Args:
            X: the table.
            y: (rows) of labels or numbers, or (rows, targets) of numbers.
            sample_weight: (rows), how much each row counts.
            groups: (rows); rows of one group stay on one side of the validation split.
            time: (rows); the latest rows become the validation rows.

        Raises:
            ValueError: when X or y cannot be used; the message says what to do.
        """
        learn_target(self, X, y, self.task, sample_weight=sample_weight, groups=groups, time=time)
        return self

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows as one matrix: numbers first, category codes behind them."""
        return read_table(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        table: TableEncoder = self.table_
        network = TabularNetwork(
            n_numbers=table.n_numbers_,
            categories=[(levels, embedding_size(levels, self.size_rule)) for levels in table.cardinalities_],
            n_outputs=n_outputs,
            hidden=self.hidden,
            dropout=self.dropout,
        )
        if network.categories is not None:
            silence_unlearned(network.categories.tables, table)
        return network

    def transform(self, X: Any) -> np.ndarray:
        """Return numbers and vectors side by side, (rows, outputs) in float32.

        Args:
            X: a table as in `fit`.
        """
        check_is_fitted(self)
        X = self.admit(X)
        validate_data(self, X, skip_check_array=True, reset=False)
        values = self.read(X).numpy()
        n_numbers = self.table_.n_numbers_
        vectors = looked_up(self._embeddings(), values[:, n_numbers:])
        return np.concatenate([values[:, :n_numbers], *vectors], axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        table: TableEncoder = self.table_
        names = table.feature_names_
        widths = [one.embedding_dim for one in self._embeddings()]
        coded = zip(names[table.n_numbers_ :], widths, strict=True)
        inside = [f"{name}[{place}]" for name, width in coded for place in range(width)]
        return np.array([*names[: table.n_numbers_], *inside], dtype=object)

    @property
    def vectors_(self) -> dict[str, WordVectors]:
        """The vectors of each categorical column's levels, `(rare)` and `(missing)` among them."""
        check_is_fitted(self)
        table: TableEncoder = self.table_
        coded = table.columns_[len(table.columns_) - len(table.cardinalities_) :]
        weights = [one.weight.detach().numpy() for one in self._embeddings()]
        return {
            column.names[0]: WordVectors(Vocabulary(level_names(column)), one.copy())
            for column, one in zip(coded, weights, strict=True)
        }

    def _embeddings(self) -> list[Any]:
        categories = self.network_.categories
        return [] if categories is None else list(categories.tables)  # type: ignore[union-attr, arg-type]

    def __sklearn_tags__(self) -> Any:
        """Say that it learns from a target."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags
