"""The abstract regressor: numbers in, numbers out."""

from abc import ABC
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array, check_consistent_length, validate_data
from torch import Tensor

from netwright.estimators.deep_estimator import DeepEstimator
from netwright.estimators.heads import Head, RegressionHead


class DeepRegressor(RegressorMixin, DeepEstimator, ABC):  # type: ignore[misc]
    """What all regressors share: one number or several for each row, standardised while learning.

    After `fit` it has `target_names_`, the columns of y where it was a data frame or series.

    Example:
        A final regressor is a dataclass that says how to read rows and what network to build:

        >>> from dataclasses import dataclass
        >>> from torch import nn
        >>> from netwright.estimators import read_table
        >>> @dataclass(eq=False, repr=False)
        ... class LinearRegressor(DeepRegressor):
        ...     table: object = None
        ...     training: object = None
        ...     random_state: object = None
        ...
        ...     def read(self, X, *, rows=None, fitting=False):
        ...         return read_table(self, X, rows=rows, fitting=fitting)
        ...
        ...     def build(self, sample, n_outputs):
        ...         return nn.Linear(sample[0], n_outputs)
        >>> X = np.linspace(0, 1, 80).reshape(-1, 1)
        >>> LinearRegressor(random_state=0).fit(X, 2 * X[:, 0]).predict(X[:3]).shape
        (3,)
    """

    target_names_: list[str]
    one_target_: bool

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, time: Any = None) -> Self:
        """Fit the network.

        Args:
            X: the rows.
            y: (rows) or (rows, targets) of numbers.
            sample_weight: (rows), how much each row counts; whole numbers mean repetitions.
            groups: (rows); rows of one group stay on one side of the validation split.
            time: (rows); the latest rows become the validation rows.

        Raises:
            ValueError: when X or y cannot be used; the message says what to do.
        """
        X = self.admit(X, fitting=True)
        validate_data(self, X, y, skip_check_array=True)
        values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_consistent_length(X, values)
        self.one_target_ = values.ndim == 1
        self.target_names_ = _names(y, values)
        target = torch.as_tensor(values.reshape(len(values), -1).copy())
        self._learn(X, target, self.head, sample_weight=sample_weight, groups=groups, time=time)
        return self

    def head(self, target: Tensor) -> Head:
        """Return the head for the training targets, (rows, targets).

        Args:
            target: of the rows to learn from alone.
        """
        return RegressionHead.of(target)

    def predict(self, X: Any) -> np.ndarray:
        """Return the expected value of each row, (rows) or (rows, targets) as in `fit`.

        Args:
            X: rows as in `fit`.
        """
        outputs = self._outputs(X)
        values: np.ndarray = self.head_.activate(outputs).numpy()
        return values[:, 0] if self.one_target_ else values

    def loss(self, X: Any, y: Any) -> float:
        """Return the mean loss over rows, without regularisation.

        Args:
            X: rows as in `fit`.
            y: their targets.
        """
        outputs = self._outputs(X)
        target = torch.as_tensor(np.asarray(y, dtype=np.float64).reshape(len(outputs), -1))
        return float(self.head_.loss(outputs, self.head_.encode(target).double()).mean())

    def predict_frame(self, X: Any) -> pd.DataFrame:
        """Return a data frame with the index of X and a column for each target.

        Args:
            X: rows as in `fit`.
        """
        index = X.index if isinstance(X, pd.DataFrame) else None
        values = self.predict(X).reshape(-1, len(self.target_names_))
        return pd.DataFrame(values, columns=self.target_names_, index=index)

    def __sklearn_tags__(self) -> Any:
        """Say that several targets are welcome."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _names(y: Any, values: np.ndarray) -> list[str]:
    if isinstance(y, pd.DataFrame):
        return [str(name) for name in y.columns]
    if values.ndim == 1:
        return ["prediction"]
    return [f"prediction {number}" for number in range(values.shape[1])]
