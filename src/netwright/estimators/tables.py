"""Reading a table for a network: checked by scikit-learn's rules, encoded as fitted on training rows."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_array
from torch import Tensor

from netwright.data import TableEncoder, to_frame


def read_table(
    estimator: BaseEstimator,
    X: Any,
    *,
    rows: np.ndarray | None = None,
    fitting: bool = False,
) -> Float[Tensor, "rows columns"]:
    """Return rows of a table as numbers first and category codes behind them.

    Args:
        estimator: has a field `table` (a `TableEncoder` or None) and gets the fitted `table_`.
        X: a data frame of any kind, or a matrix.
        rows: which rows; all of them when None.
        fitting: whether to fit `table_` on these rows first.

    Raises:
        ValueError: when the table cannot be used; the message names the column and the remedy.

    Example:
        >>> from netwright.tabular import MLPClassifier
        >>> read_table(MLPClassifier(), np.eye(3), fitting=True).shape
        torch.Size([3, 3])
    """
    if not hasattr(X, "columns"):
        X = check_array(
            X, dtype=None, ensure_all_finite=False, ensure_min_samples=1, estimator=estimator, input_name="X"
        )
    frame = to_frame(X)
    if fitting:
        estimator.table_ = clone(estimator.table or TableEncoder()).fit(frame, rows=rows)
    return torch.from_numpy(estimator.table_.transform(frame, rows=rows))
