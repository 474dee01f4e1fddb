"""Group2Vec: how well the categories of a row go together, as features that were learned from a target."""

from dataclasses import dataclass
from typing import Any, Literal, Self, final

import numpy as np
import torch
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from netwright.data import TableEncoder
from netwright.embeddings.tables.learning import learn_target, looked_up
from netwright.estimators import DeepEstimator, read_table
from netwright.estimators.tables import silence_unlearned
from netwright.nets import GroupNetwork
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class Group2Vec(TransformerMixin, DeepEstimator):  # type: ignore[misc]
    """Turn a row's categories into one number each: how well it goes with the row's other categories.

    Use it where combinations count, such as a device that is ordinary and a country that is ordinary, but
    not together: a linear model on these numbers sees what it cannot see in one-hot columns. The vectors
    behind them are learned from the target with a `nets.GroupNetwork`, which is kept in `network_`.

        g_i = 1 / (m - 1) sum_{j != i} <E_i[c_i], E_j[c_j]>

    Columns come out as numbers, scaled and filled as `TableEncoder` has them, and then the averages. Levels
    that are new have a zero vector, so that they neither go nor clash with anything.

    Args:
        width: length of the vector of a level.
        dropout: share of the averages set to zero in training.
        task: "classification", "regression", or "auto": words, truth values and few whole numbers are
            classes.
        table: which columns are categories and how they are read; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: when the table has fewer than two categories, or it or the target cannot be used.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> import pandas as pd
        >>> fruits, colours = rng.choice(["plum", "lime"], 400), rng.choice(["blue", "green"], 400)
        >>> table = pd.DataFrame({"fruit": fruits, "colour": colours})
        >>> ripe = (table["fruit"] == "plum") == (table["colour"] == "blue")
        >>> recipe = Training(epochs=30, learning_rate=0.02)
        >>> groups = Group2Vec(width=4, training=recipe, random_state=0).fit(table, ripe)
        >>> from sklearn.linear_model import LogisticRegression
        >>> LogisticRegression().fit(groups.transform(table), ripe).score(groups.transform(table), ripe)
        1.0

    Source:
        Cerliani, "Group2Vec for Advance Categorical Encoding", Towards Data Science,
        https://towardsdatascience.com/group2vec-for-advance-categorical-encoding-54dfc7a08349.
    """

    width: int = 16
    dropout: float = 0.0
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
        network = GroupNetwork(
            table.n_numbers_, table.cardinalities_, n_outputs, width=self.width, dropout=self.dropout
        )
        silence_unlearned(network.categories.tables, table)
        return network

    def transform(self, X: Any) -> np.ndarray:
        """Return numbers and averages side by side, (rows, outputs) in float32.

        Args:
            X: a table as in `fit`.
        """
        check_is_fitted(self)
        X = self.admit(X)
        validate_data(self, X, skip_check_array=True, reset=False)
        values = self.read(X).numpy()
        n_numbers = self.table_.n_numbers_
        tables = self.network_.categories.tables  # type: ignore[union-attr]
        vectors = np.stack(looked_up(tables, values[:, n_numbers:]), axis=1)  # (rows, groups, width)
        others = vectors.sum(axis=1, keepdims=True) - vectors
        averages = (vectors * others).sum(axis=2) / (vectors.shape[1] - 1)
        return np.concatenate([values[:, :n_numbers], averages], axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        table: TableEncoder = self.table_
        numbers, coded = table.feature_names_[: table.n_numbers_], table.feature_names_[table.n_numbers_ :]
        return np.array([*numbers, *(f"{name} with the others" for name in coded)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        """Say that it learns from a target."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags
