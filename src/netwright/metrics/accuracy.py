"""Accuracy as Keras computes it: rounded at one half, or by the place of the largest number."""

import numpy as np
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import read_column, read_numbers, read_weight, require_rows


def keras_accuracy(
    truth: ArrayLike, prediction: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Return the share of rows that Keras' `metrics=["accuracy"]` counts as right.

    Use it to compare a training log with one from Keras; to judge a classifier use `scores`. Keras chooses by
    shape, and so does this: one number a row is compared as 0 or 1, two or more columns by arg-max.

        binary       mean [truth = (prediction > 1/2)]
        categorical  mean [arg-max truth = arg-max prediction]     (a vector of codes is its own arg-max)

    Ties go as in Keras: exactly 1/2 counts as 0, and of equal largest numbers the first column wins. A 0/1
    matrix is compared by arg-max too, even where a row has several labels.

    Args:
        truth: 0 or 1 a row; class codes; or a one-hot matrix.
        prediction: probabilities, or for several columns also logits.
        sample_weight: one number a row, at least 0.

    Raises:
        InputError: where truth and prediction do not fit.

    Example:
        >>> keras_accuracy([1, 1, 0, 0], [0.98, 0.5, 0.0, 0.6])
        0.5

    Source:
        Yurasov, "How does Keras calculate accuracy?", Data Science Stack Exchange 14415.
    """
    answers, numbers = read_column(truth, "truth"), read_numbers(prediction, "prediction")
    require_rows(len(answers), len(numbers), "prediction")
    weight = read_weight(sample_weight, len(answers))
    if numbers.ndim == 1:
        if answers.ndim == 2:
            raise InputError(
                "prediction must have truth's columns",
                f"one column for {answers.shape[1]}",
                "pass all of them",
            )
        right = read_numbers(answers, "truth") == (numbers > 0.5)
    else:
        codes = _codes(answers, numbers.shape[1])
        right = codes == numbers.argmax(axis=1)
    return float(np.average(right, weights=weight))


def _codes(answers: np.ndarray, n_classes: int) -> np.ndarray:
    numbers = read_numbers(answers, "truth")
    if numbers.ndim == 1:
        return numbers
    if numbers.shape[1] != n_classes:
        raise InputError(
            f"truth must have prediction's {n_classes} columns",
            str(numbers.shape[1]),
            "one-hot encode all classes",
        )
    return np.asarray(numbers.argmax(axis=1))
