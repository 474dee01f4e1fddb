"""Held-out labels and probabilities in one form, whatever the task."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from netwright.core.errors import InputError
from netwright.report.content import Answers


@dataclass(frozen=True)
class Question:
    """One yes-or-no question: does a row belong to this class, or carry this label?

    Args:
        name: the class or label.
        truth: 1 where it does.
        score: the probability that the net gave to it.
    """

    name: str
    truth: Int[np.ndarray, " rows"]
    score: Float[np.ndarray, " rows"]


def codes(labels: np.ndarray, classes: tuple[str, ...]) -> Int[np.ndarray, " rows"]:
    """Turn labels into places in `classes`; labels are compared as text.

    Example:
        >>> codes(np.array([True, False]), ("False", "True")).tolist()
        [1, 0]
    """
    place = {name: k for k, name in enumerate(classes)}
    texts = [str(value) for value in np.asarray(labels).tolist()]
    strange = next((text for text in texts if text not in place), None)
    if strange is not None:
        raise InputError(
            "truth and prediction must be of classes",
            repr(strange)[:60],
            "give the classes as text in classes",
        )
    return np.array([place[text] for text in texts], dtype=np.int64)


def class_probability(answers: Answers) -> Float[np.ndarray, "rows classes"]:
    """Return one column of probabilities per class, also where only the second class's were given."""
    probability = np.asarray(answers.probability, dtype=np.float64)
    if answers.task == "binary" and (probability.ndim == 1 or probability.shape[1] == 1):
        second = probability.reshape(-1)
        probability = np.column_stack([1 - second, second])
    if probability.ndim != 2 or probability.shape[1] != len(answers.classes):
        raise InputError(
            "probability must have one column per class",
            f"shape {probability.shape} for {len(answers.classes)} classes",
            "give them in the order of classes",
        )
    if not np.isfinite(probability).all():
        raise InputError(
            "probability must be finite", "a missing or infinite one", "train with a smaller rate"
        )
    return probability


def questions(answers: Answers, most: int = 8) -> list[Question]:
    """Split the task into yes-or-no questions that both answers occur in, the commonest ones first."""
    probability = class_probability(answers)
    if answers.task == "multilabel":
        truth = np.asarray(answers.truth).astype(np.int64)
    else:
        truth = np.eye(len(answers.classes), dtype=np.int64)[
            codes(np.asarray(answers.truth), answers.classes)
        ]
    places = [1] if answers.task == "binary" else list(range(len(answers.classes)))
    asked = [Question(answers.classes[k], truth[:, k], probability[:, k]) for k in places]
    asked = [question for question in asked if 0 < question.truth.sum() < len(question.truth)]
    commonest = sorted(asked, key=lambda question: -int(question.truth.sum()))[:most]
    return [question for question in asked if any(question is kept for kept in commonest)]


def confidence(answers: Answers) -> tuple[Int[np.ndarray, " rows"], Float[np.ndarray, " rows"], str]:
    """Return what a reliability curve compares: outcomes, the probabilities given, and their name.

    Two classes: the second one and its probability. More: whether the likeliest class was right, and its
    probability. Labels: all of them together.
    """
    probability = class_probability(answers)
    if answers.task == "multilabel":
        return np.asarray(answers.truth).astype(np.int64).ravel(), probability.ravel(), "any label"
    truth = codes(np.asarray(answers.truth), answers.classes)
    if answers.task == "binary":
        return truth, probability[:, 1], answers.classes[1]
    likeliest = probability.argmax(axis=1)
    return (likeliest == truth).astype(np.int64), probability.max(axis=1), "the likeliest class"
