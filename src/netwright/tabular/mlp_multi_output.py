"""A multilayer perceptron with several targets at once, classes and numbers mixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_consistent_length, validate_data
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import TableEncoder, to_frame
from netwright.estimators import DeepEstimator, read_table
from netwright.estimators.heads import BinaryHead, Head, RegressionHead, SoftmaxHead
from netwright.estimators.joint_head import JointHead
from netwright.tabular.mlp import build_mlp
from netwright.training import Training


@final
@dataclass(eq=False, repr=False)
class MLPMultiOutput(DeepEstimator):
    """Multilayer perceptron that learns several targets of a row together.

    Use it when targets share their causes: what the common layers learn for one helps the others. Columns
    of words or truth values are classes, columns of numbers are numbers unless `classes` names them.

        loss = sum_t weight_t * loss_t

    where a loss is the cross-entropy for classes and the squared error, in standard deviations of the
    target, for numbers.

    Args:
        hidden: units of each hidden layer.
        activation: a torch module class without arguments.
        dropout: share of the hidden units set to zero in training.
        classes: names (or positions, for arrays) of numeric columns that are classes.
        target_weights: weight of the loss of a target, by name; 1 where none is given.
        table: how columns become numbers; None for the defaults of `TableEncoder`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Example:
        >>> X = pd.DataFrame({"a": np.linspace(-1, 1, 200)})
        >>> Y = pd.DataFrame({"sign": np.where(X["a"] > 0, "plus", "minus"), "double": 2 * X["a"]})
        >>> model = MLPMultiOutput(hidden=(16,), random_state=0).fit(X, Y)
        >>> model.predict(X).columns.tolist()
        ['sign', 'double']

    Source:
        Caruana (1997), "Multitask Learning", doi:10.1023/A:1007379606734.
    """

    hidden: Sequence[int] = (256, 128)
    activation: type[nn.Module] = nn.ReLU
    dropout: float = 0.0
    classes: Sequence[Any] = ()
    target_weights: Mapping[Any, float] | None = None
    table: TableEncoder | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, Y: Any, sample_weight: Any = None) -> Self:
        """Fit the network to all targets.

        Args:
            X: the rows.
            Y: (rows, targets); a data frame where targets are of different types.
            sample_weight: (rows), how much each row counts.

        Raises:
            InputError: when a target has missing values, one class, or an unknown name is given.
        """
        X = self.admit(X, fitting=True)
        validate_data(self, X, Y, skip_check_array=True)
        targets = to_frame(Y) if hasattr(Y, "columns") else pd.DataFrame(np.asarray(Y)).infer_objects()
        check_consistent_length(X, targets)
        self.target_names_ = list(targets.columns)
        self.named_ = hasattr(Y, "columns")
        self._check_names()
        self.classes_: dict[Any, np.ndarray] = {}
        columns = [self._read(name, targets[name]) for name in self.target_names_]
        target = torch.as_tensor(np.stack(columns, axis=1))
        return self._learn(X, target, self._head, sample_weight=sample_weight)

    def predict(self, X: Any) -> Any:
        """Return the likeliest class or the expected value of each target: a frame where Y was one.

        Args:
            X: rows as in `fit`.
        """
        frame = self.predict_frame(X)
        return frame if self.named_ else frame.to_numpy()

    def predict_frame(self, X: Any) -> pd.DataFrame:
        """Return a data frame with the index of X and a column for each target.

        Args:
            X: rows as in `fit`.
        """
        values = {}
        for name, head, part in self._parts(X):
            if name in self.classes_:
                values[name] = self.classes_[name][_probability(head, part).argmax(1)]
            else:
                values[name] = head.activate(part).numpy()[:, 0]
        return pd.DataFrame(values, index=X.index if isinstance(X, pd.DataFrame) else None)

    def predict_proba(self, X: Any) -> dict[Any, np.ndarray]:
        """Return for each target with classes its probabilities, (rows, classes).

        Args:
            X: rows as in `fit`.
        """
        return {n: _probability(head, part) for n, head, part in self._parts(X) if n in self.classes_}

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows as one matrix: numbers first, category codes behind them."""
        return read_table(self, X, rows=rows, fitting=fitting)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return build_mlp(
            self.table_, n_outputs, hidden=self.hidden, activation=self.activation, dropout=self.dropout
        )

    def _parts(self, X: Any) -> list[tuple[Any, Head, Tensor]]:
        outputs = self._outputs(X)
        head: JointHead = self.head_  # type: ignore[assignment]
        return list(zip(self.target_names_, head.heads, head.parts(outputs), strict=True))

    def _read(self, name: Any, column: pd.Series) -> np.ndarray:
        if column.isna().any():
            row = int(np.flatnonzero(column.isna())[0]) + 1
            raise InputError(
                f"target {name!r} must have a value in each row",
                f"a missing one in row {row}",
                "leave it out",
            )
        is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        if is_number and name not in self.classes:
            return column.to_numpy(dtype=np.float64)
        self.classes_[name], numbers = np.unique(column.to_numpy(), return_inverse=True)
        if len(self.classes_[name]) < 2:
            raise InputError(f"target {name!r} must have at least two classes", "one", "leave it out")
        return numbers.astype(np.float64)

    def _head(self, target: Tensor) -> JointHead:
        heads: list[Head] = []
        for name, column in zip(self.target_names_, target.unbind(1), strict=True):
            n_classes = len(self.classes_.get(name, ()))
            if n_classes:
                heads.append(BinaryHead() if n_classes == 2 else SoftmaxHead(n_classes))
            else:
                heads.append(RegressionHead.of(column[:, None]))
        weights = self.target_weights or {}
        return JointHead(tuple(heads), tuple(float(weights.get(name, 1.0)) for name in self.target_names_))

    def _check_names(self) -> None:
        for setting, names in (("classes", self.classes), ("target_weights", self.target_weights or {})):
            unknown = [name for name in names if name not in self.target_names_]
            if unknown:
                raise InputError(
                    f"{setting} must name targets", repr(unknown[0]), f"choose from {self.target_names_}"
                )


def _probability(head: Head, part: Tensor) -> np.ndarray:
    probability = head.activate(part).numpy()
    return np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability
