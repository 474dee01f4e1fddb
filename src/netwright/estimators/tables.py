"""Reading a table for a network: checked by scikit-learn's rules, encoded as fitted on training rows."""

import contextlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_array
from torch import Tensor, nn

from netwright.core.errors import TableError
from netwright.data import CategoryColumn, DayColumn, TableEncoder, to_frame


def admit_table(X: Any, *, fitting: bool = False) -> Any:
    """Return a table as a pandas data frame or a matrix.

    Args:
        X: a data frame of any kind, a matrix, or a list of rows.
        fitting: whether it is going to be learned from, which one row does not allow.

    Raises:
        ValueError: when X is no table, or has too few rows.
        TypeError: when a cell holds neither a word nor a number.

    Example:
        >>> admit_table([[1, 2], [3, 4]]).shape
        (2, 2)
    """
    if hasattr(X, "columns"):
        return to_frame(X)
    n_rows = 2 if fitting else 1
    X = check_array(X, dtype=None, ensure_all_finite=False, ensure_min_samples=n_rows, input_name="X")
    if X.dtype.kind == "O":
        with contextlib.suppress(ValueError):  # words stay words
            X = X.astype(np.float64)
    return X


def read_table(
    estimator: BaseEstimator,
    X: Any,
    *,
    rows: np.ndarray | None = None,
    fitting: bool = False,
    default: TableEncoder | None = None,
) -> Float[Tensor, "rows columns"]:
    """Return rows of a table as numbers first and category codes behind them.

    Args:
        estimator: has a field `table` (a `TableEncoder` or None) and gets the fitted `table_`.
        X: what `admit_table` returns.
        rows: which rows; all of them when None.
        fitting: whether to fit `table_` on these rows first.
        default: takes the place of a field `table` that is None.

    Raises:
        ValueError: when the table cannot be used; the message names the column and the remedy.

    Example:
        >>> from netwright.tabular import MLPClassifier
        >>> read_table(MLPClassifier(), np.eye(3), fitting=True).shape
        torch.Size([3, 3])
    """
    try:
        if fitting:
            table = clone(estimator.table or default or TableEncoder())
            values = table.fit_transform(X, rows=rows)
            estimator.table_ = table
            return torch.from_numpy(values)
        return torch.from_numpy(estimator.table_.transform(X, rows=rows))
    except TableError:
        if rows is not None:
            TableEncoder().fit(X)  # the same error, with the row's number in the whole table
        raise


def silence_unlearned(vectors: Iterable[nn.Module], table: TableEncoder) -> None:
    """Let levels that no training row had say nothing: their vectors would stay as they were drawn.

    Args:
        vectors: an `nn.Embedding` for each column of codes, in the order of the table's.
        table: fitted.

    Example:
        >>> table = TableEncoder(min_count=1).fit({"size": [1.0, 2.0, 3.0], "colour": ["red", "blue", "red"]})
        >>> vectors = [nn.Embedding(3, 2)]
        >>> silence_unlearned(vectors, table)
        >>> vectors[0].weight[2].tolist()
        [0.0, 0.0]
    """
    coded = [column for column in table.columns_ if isinstance(column, (CategoryColumn, DayColumn))]
    with torch.no_grad():
        for one, column in zip(vectors, coded, strict=True):
            one.get_parameter("weight")[column.unlearned] = 0.0
