"""How well it went: the network beside a constant and beside references, row by row."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from netwright.doctor.case.task import Task

Numbers = NDArray[np.float64]

AT_CHANCE, SURE, BELOW = 1e-2, 1e-4, 1e-3
"""Levels of the tests: no better than a constant; a reference certainly is; the network is below it."""
EFFECT_POINTS, EFFECT_VARIANCE = 0.05, 0.10
"""What a difference has to be besides: in accuracy, and in shares of the variance."""


@dataclass(frozen=True)
class Judged:
    """How well one model does on rows, by goods: 1 or 0 for labels, minus the squared error for numbers.

    Args:
        name: of the model.
        goods: (rows,), more is better; for numbers in units of the target's variance.
        balanced: (rows,), the same weighted so that each class counts alike; for numbers as `goods`.

    Example:
        >>> Judged("net", np.array([1.0, 0.0]), np.array([1.0, 0.0])).score
        0.5
    """

    name: str
    goods: Numbers
    balanced: Numbers

    @property
    def score(self) -> float:
        """Accuracy, or the share of the variance that is explained."""
        return float(self.goods.mean())


def judge(name: str, answer: Tensor, target: Tensor, task: Task, like: Tensor) -> Judged | None:
    """Return how well an answer does; None where it cannot be compared with the target.

    Args:
        name: of the model.
        answer: (rows, ...), labels for classes and binary, else numbers.
        target: (rows, ...).
        task: what is answered.
        like: target of the training rows, by which classes are weighted and variances are measured.
    """
    wanted, given = target.detach().cpu(), answer.detach().cpu()
    if task.kind == "classes" and wanted.is_floating_point() and wanted.ndim > 1:
        wanted, like = wanted.argmax(1), like.argmax(1)
    if given.numel() != wanted.numel():
        return None
    given = given.reshape(wanted.shape)
    if task.kind in ("classes", "binary"):
        right = (given.double() == wanted.double()).double()
        real = torch.ones_like(right) if task.ignore is None else (wanted != task.ignore).double()
        values, counts = torch.unique(like.cpu(), return_counts=True)
        weight = torch.zeros_like(right)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            weight[wanted == value] = like.numel() / (len(values) * count)
        goods, balanced = _by_row(right * real, real), _by_row(right * real * weight, real)
        return Judged(name, goods, balanced)
    variance = max(float(like.double().var(0, unbiased=False).mean()), 1e-30)
    error = (given.double() - wanted.double()).square() / variance
    error = torch.nan_to_num(error, nan=1e6, posinf=1e6, neginf=1e6).clamp(max=1e6)
    goods = 1 - _by_row(error, torch.ones_like(error))
    return Judged(name, goods, goods)


def _by_row(values: Tensor, real: Tensor) -> Numbers:
    if values.ndim > 1:
        values, real = values.flatten(1), real.flatten(1)
        values = values.sum(1) / real.sum(1).clamp(min=1)
    out: Numbers = values.numpy().astype(np.float64)
    return out


def better(one: Judged, other: Judged, balanced: bool = False) -> float:
    """Return the one-sided p-value that `one` is no better than `other` on the same rows.

    The sign test of the rows in which they differ for goods of 0 and 1 (McNemar), else the paired t-test.

    Args:
        one: model.
        other: model, on the same rows.
        balanced: whether each class counts alike.

    Example:
        >>> a, b = np.ones(20), np.zeros(20)
        >>> better(Judged("a", a, a), Judged("b", b, b)) < 1e-5
        True
    """
    a, b = (one.balanced, other.balanced) if balanced else (one.goods, other.goods)
    difference = a - b
    moved = difference[difference != 0]
    if not len(moved):
        return 1.0
    if not balanced and set(np.unique(difference)) <= {-1.0, 0.0, 1.0}:
        wins = int((moved > 0).sum())
        return float(stats.binomtest(wins, len(moved), 0.5, alternative="greater").pvalue)
    if len(difference) < 3 or difference.std() == 0:
        return 0.0 if difference.mean() > 0 and len(difference) > 10 else 1.0
    return float(stats.ttest_1samp(difference, 0.0, alternative="greater").pvalue)


@dataclass(frozen=True)
class Outcome:
    """The network beside what else could be had from the same rows.

    Args:
        network: on held-out rows, or on training rows where there are no others.
        constant: the commonest label or the mean.
        references: simple models, fitted on training rows (cross-validated where there are no others).
        on_train: the network on its training rows.
        held_out: whether `network` was judged on rows that it had not learned from.
        task: what is learned.
        other_terms: whether the loss asks for something else besides, so that a reference that does not
            have to may be better.
    """

    network: Judged
    constant: Judged
    references: tuple[Judged, ...]
    on_train: Judged | None
    held_out: bool
    task: Task
    other_terms: bool = False

    @property
    def best(self) -> Judged:
        """The best reference, the constant included."""
        return max((self.constant, *self.references), key=lambda one: one.score)

    @property
    def learnable(self) -> bool:
        """Whether a reference is certainly better than the constant."""
        return any(
            better(one, self.constant) < SURE or better(one, self.constant, balanced=True) < SURE
            for one in self.references
        )

    @property
    def at_chance(self) -> bool:
        """Whether the network cannot be told from the constant while a reference certainly can."""
        return self.learnable and not self.above_constant

    @property
    def above_constant(self) -> bool:
        """Whether the network is better than the constant."""
        return (
            better(self.network, self.constant) < AT_CHANCE
            or better(self.network, self.constant, balanced=True) < AT_CHANCE
        )

    @property
    def below_reference(self) -> bool:
        """Whether a reference is better, certainly and by enough to matter."""
        if self.other_terms:
            return False
        bound = EFFECT_VARIANCE if self.task.kind == "numbers" else EFFECT_POINTS
        return any(
            one.score - self.network.score >= bound and better(one, self.network) < BELOW
            for one in self.references
        )

    @property
    def poor(self) -> bool:
        """Whether something is amiss: at chance, or below a reference (the gate for all that is internal)."""
        return self.at_chance or self.below_reference

    @property
    def train_gap(self) -> float:
        """By how much the network does better on its training rows."""
        return self.on_train.score - self.network.score if self.on_train is not None else 0.0
