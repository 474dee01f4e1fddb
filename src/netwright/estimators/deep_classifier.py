"""The abstract classifier: labels in, probabilities and labels out."""

from abc import ABC
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_consistent_length, validate_data
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import sample_weights
from netwright.estimators.deep_estimator import DeepEstimator
from netwright.estimators.labels import read_labels


class DeepClassifier(ClassifierMixin, DeepEstimator, ABC):  # type: ignore[misc]
    """What all classifiers share: targets of one class, several labels or probabilities for each row.

    After `fit` it has `classes_` and `labels_kind_` ("single", "multi", "soft" or "soft-multi"). A final
    classifier may have a field `class_weight`: None, "balanced", or a weight for each class.

    Example:
        A final classifier is a dataclass that says how to read rows and what network to build:

        >>> from dataclasses import dataclass
        >>> from torch import nn
        >>> from netwright.estimators import read_table
        >>> @dataclass(eq=False, repr=False)
        ... class LinearClassifier(DeepClassifier):
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
        >>> LinearClassifier(random_state=0).fit(X, X[:, 0] > 0.5).predict(X[:3]).shape
        (3,)
    """

    classes_: np.ndarray
    labels_kind_: str

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, time: Any = None) -> Self:
        """Fit the network.

        Args:
            X: the rows.
            y: (rows) of labels; (rows, labels) of 0 and 1; or (rows, classes) of probabilities.
            sample_weight: (rows), how much each row counts; whole numbers mean repetitions.
            groups: (rows); rows of one group stay on one side of the validation split.
            time: (rows); the latest rows become the validation rows.

        Raises:
            ValueError: when X or y cannot be used; the message says what to do.
        """
        X = self.admit(X, fitting=True)
        validate_data(self, X, y, skip_check_array=True)
        labels = read_labels(y)
        check_consistent_length(X, labels.target)
        self.classes_, self.labels_kind_ = labels.classes, labels.kind
        numbers = labels.numbers()
        self._learn(
            X,
            labels.target,
            lambda _: labels.head(),
            sample_weight=sample_weight,
            weigh=self._weigh(numbers),
            classes=None if numbers is None else labels.classes[numbers],
            groups=groups,
            time=time,
        )
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row, or a matrix of 0 and 1 for several labels.

        Args:
            X: rows as in `fit`.
        """
        return self._decide(self.predict_proba(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities, (rows, classes); for several labels each column stands by itself.

        Args:
            X: rows as in `fit`.
        """
        return self._probabilities(self._outputs(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return logits: (rows) for two classes, of the second one; else (rows, classes).

        Args:
            X: rows as in `fit`.
        """
        outputs = self._outputs(X).numpy()
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def loss(self, X: Any, y: Any) -> float:
        """Return the mean loss over rows, without regularisation and class weights.

        Args:
            X: rows as in `fit`.
            y: their labels, as in `fit`.
        """
        outputs = self._outputs(X)
        if self.labels_kind_ == "single":
            target = torch.as_tensor(self._numbers(np.asarray(y)))
            target = target.double() if outputs.shape[1] == 1 else target
        else:
            target = torch.as_tensor(np.asarray(y, dtype=np.float64))
        return float(self.head_.loss(outputs, target).mean())

    def predict_frame(self, X: Any) -> pd.DataFrame:
        """Return a data frame with the index of X: the prediction, and the probability of each class.

        Args:
            X: rows as in `fit`.
        """
        probability = self.predict_proba(X)
        index = X.index if isinstance(X, pd.DataFrame) else None
        names = [f"probability of {name}" for name in self.classes_]
        frame = pd.DataFrame(probability, columns=names, index=index)
        decided = self._decide(probability)
        if decided.ndim == 1:
            frame.insert(0, "prediction", decided)
            return frame
        labels = pd.DataFrame(decided, columns=[str(name) for name in self.classes_], index=index)
        return pd.concat([labels, frame], axis=1)

    def _probabilities(self, outputs: Tensor) -> np.ndarray:
        probability = self.head_.activate(outputs).numpy()
        return np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability

    def _decide(self, probability: np.ndarray) -> np.ndarray:
        if self.labels_kind_ in ("multi", "soft-multi"):
            return (probability > 0.5).astype(np.int64)
        decided: np.ndarray = self.classes_[probability.argmax(1)]
        return decided

    def _numbers(self, y: np.ndarray) -> np.ndarray:
        numbers: np.ndarray = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        strange = self.classes_[numbers] != y
        if strange.any():
            raise InputError(
                "y must hold classes of the training",
                repr(y[strange].tolist()[0]),
                f"known are {self.classes_}",
            )
        return numbers

    def _weigh(self, numbers: np.ndarray | None) -> Callable[[np.ndarray], np.ndarray] | None:
        weighting = getattr(self, "class_weight", None)
        if weighting is None:
            return None
        if numbers is None:
            raise InputError(
                "class_weight must come with one class a row, each in several rows",
                "several labels a row, or a class that is hardly ever the likeliest",
                "set it to None and give sample_weight",
            )
        return lambda rows: sample_weights(self.classes_[numbers[rows]], weighting)

    def __sklearn_tags__(self) -> Any:
        """Say that several labels a row are welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
