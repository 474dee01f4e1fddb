"""Precision, recall, F1, accuracy and entropy, gathered over batches without averaging per batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float, Shaped
from numpy.typing import ArrayLike
from scipy.special import entr

from netwright.core.errors import InputError
from netwright.metrics.reading import Judged, label_codes, read_column, read_judged, read_weight, require_rows


@final
@dataclass(eq=False, repr=False)
class ClassificationScores:
    """Precision, recall and F1 per class and averaged, accuracy and entropy, over any number of batches.

    Use it where predictions come in batches or from several processes. It counts, and divides only in
    `result`, so that it equals one call on all rows; a mean of the batches' own F1 does not.

        precision = tp / (tp + fp)      recall = tp / (tp + fn)      F1 = 2 tp / (2 tp + fp + fn)
        entropy   = mean over rows of - sum over classes of p log p, in nats

    A ratio of 0 to 0 counts as 0. The entropy is NaN where labels alone were given.

    Args:
        classes: all labels in the order of the probability columns; for several labels a row, their names.
        multilabel: whether a row may have several labels.
        threshold: a label holds where its probability is above; for two classes and for several labels.

    Example:
        >>> seen = ClassificationScores(classes=("cat", "dog"))
        >>> seen.update(["cat", "dog"], ["cat", "cat"]).update(["dog"], [0.9]).result()["f1_macro"]
        0.6666666666666666

    Source:
        Sokolova & Lapalme (2009), "A systematic analysis of performance measures for classification tasks",
        Information Processing & Management 45(4), doi:10.1016/j.ipm.2009.03.002.
    """

    classes: Sequence[Any]
    multilabel: bool = False
    threshold: float = 0.5
    hits: Float[np.ndarray, "classes"] = field(init=False)
    predicted: Float[np.ndarray, "classes"] = field(init=False)
    actual: Float[np.ndarray, "classes"] = field(init=False)
    total: float = field(init=False, default=0.0)
    right: float = field(init=False, default=0.0)
    entropy: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        n_classes = len(self.classes)
        if n_classes < (1 if self.multilabel else 2) or len(set(self.classes)) < n_classes:
            raise InputError("classes must be two or more different labels", str(n_classes), "name each once")
        self.hits, self.predicted, self.actual = (np.zeros(n_classes) for _ in range(3))

    def update(
        self, truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Add a batch.

        Args:
            truth: labels, one a row; or a 0/1 matrix where rows have several.
            prediction: labels; or probabilities, one column a class (one column of floats: the second's).
            sample_weight: one number a row, at least 0.

        Raises:
            InputError: where the batch does not fit; nothing of it is counted then.
        """
        answers, guesses = read_column(truth, "truth"), np.asarray(prediction)
        weight = read_weight(sample_weight, len(answers))
        if self._holds_probability(guesses):
            judged = read_judged(answers, guesses, weight, classes=None if self.multilabel else self.classes)
            self._require_columns(judged)
            right, chosen, uncertainty = judged.one_hot(), self._chosen(judged), _entropy(judged)
            if judged.kind == "binary":
                right = np.stack([1 - right, right], axis=1)
        else:
            require_rows(len(answers), len(guesses), "prediction")
            right, chosen = self._as_columns(answers, "truth"), self._as_columns(guesses, "prediction")
            uncertainty = np.full(len(answers), np.nan)
        self._count(right, chosen, uncertainty, np.ones(len(answers)) if weight is None else weight)
        return self

    def merge(self, other: "ClassificationScores") -> Self:
        """Add what another one counted, as of another process; its settings must be the same.

        Args:
            other: counted over other rows.
        """
        mine, theirs = ([*part.classes, part.multilabel, part.threshold] for part in (self, other))
        if mine != theirs:
            raise InputError("other must have the same settings", f"{theirs}", "make both alike")
        for name in ("hits", "predicted", "actual", "total", "right", "entropy"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def result(self) -> dict[str, float]:
        """Return accuracy, entropy, the three averages of precision, recall and F1, then each per class.

        Names are such as "accuracy", "f1_macro", "recall_weighted", "precision_micro" and "f1/cat".
        """
        if self.total == 0:
            raise InputError("update must come before result", "no rows", "add a batch first")
        found = {"accuracy": self.right / self.total, "entropy": self.entropy / self.total}
        per_class = _ratios(self.hits, self.predicted, self.actual)
        pooled = _ratios(self.hits.sum(), self.predicted.sum(), self.actual.sum())
        present = self.actual if self.actual.sum() > 0 else np.ones(len(self.classes))
        for name, values in per_class.items():
            found[f"{name}_macro"] = float(values.mean())
            found[f"{name}_weighted"] = float(np.average(values, weights=present))
            found[f"{name}_micro"] = float(pooled[name])
        for name, values in per_class.items():
            found |= {
                f"{name}/{label}": float(value) for label, value in zip(self.classes, values, strict=True)
            }
        return found

    def _holds_probability(self, guesses: Shaped[np.ndarray, "..."]) -> bool:
        if guesses.ndim == 2 and (self.multilabel or guesses.shape[1] > 1):
            return not self.multilabel or guesses.dtype.kind == "f"
        return guesses.dtype.kind == "f" and len(self.classes) == 2 and not self.multilabel

    def _require_columns(self, judged: Judged) -> None:
        columns = 2 if judged.kind == "binary" else judged.prediction.shape[1]
        if columns != len(self.classes) or self.multilabel != (judged.kind == "multilabel"):
            raise InputError(
                f"prediction must have one column for each of {len(self.classes)} classes",
                f"{columns} for a {judged.kind} truth",
                "pass the same classes in each batch, and multilabel=True where rows have several",
            )

    def _chosen(self, judged: Judged) -> Float[np.ndarray, "rows classes"]:
        if judged.kind == "multilabel":
            return np.asarray(judged.prediction > self.threshold, dtype=float)
        if judged.kind == "binary":
            positive = judged.prediction > self.threshold
            return np.stack([~positive, positive], axis=1).astype(float)
        return np.asarray(np.eye(len(self.classes))[judged.prediction.argmax(axis=1)])

    def _as_columns(
        self, labels: Shaped[np.ndarray, "..."], argument: str
    ) -> Float[np.ndarray, "rows classes"]:
        if not self.multilabel:
            codes = label_codes(read_column(labels, argument), self.classes, argument)
            return np.asarray(np.eye(len(self.classes))[codes])
        matrix = labels.reshape(len(labels), -1)
        if matrix.shape[1] != len(self.classes) or not np.isin(matrix, (0, 1)).all():
            raise InputError(
                f"{argument} must be a 0/1 matrix of {len(self.classes)} columns",
                f"shape {labels.shape} of type {labels.dtype}",
                "pass one column a label, 1 where it holds",
            )
        return matrix.astype(float)

    def _count(
        self,
        right: Shaped[np.ndarray, "rows classes"],
        chosen: Shaped[np.ndarray, "rows classes"],
        uncertainty: Float[np.ndarray, "rows"],
        weight: Float[np.ndarray, "rows"],
    ) -> None:
        self.hits = self.hits + weight @ (right * chosen)
        self.predicted = self.predicted + weight @ chosen
        self.actual = self.actual + weight @ right
        self.right += float(weight @ (right == chosen).all(axis=1))
        self.entropy += float(weight @ uncertainty)
        self.total += float(weight.sum())


def _entropy(judged: Judged) -> Float[np.ndarray, "rows"]:
    terms = entr(judged.prediction)
    if judged.kind != "multiclass":
        terms = terms + entr(1 - judged.prediction)
    return np.asarray(terms if terms.ndim == 1 else terms.sum(axis=1))


def _ratios(hits: Any, predicted: Any, actual: Any) -> dict[str, Any]:
    def divide(above: Any, below: Any) -> Any:
        return above / np.where(below > 0, below, 1)  # nothing of nothing counts as 0

    return {
        "precision": divide(hits, predicted),
        "recall": divide(hits, actual),
        "f1": divide(2 * hits, predicted + actual),
    }
