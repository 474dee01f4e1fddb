"""Heads: how the outputs of a network become losses, probabilities and values."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.estimators.member_rows import member_rows
from netwright.training import Batch
from netwright.training.closed_forms import (
    Answer,
    answer,
    binary_cross_entropy,
    cross_entropy,
    huber_error,
    squared_error,
)
from netwright.training.objective import OutputObjective


class Head(ABC):
    """Says what a network's last layer means.

    Outputs are (rows, outputs); a network that is an ensemble gives (rows, members, outputs).
    """

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """How many numbers the network gives for a row."""

    def encode(self, target: Tensor) -> Tensor:
        """Turn targets as the estimator keeps them into what the loss compares with."""
        return target

    @abstractmethod
    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each row."""

    def gradient(self, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
        """Return the mean loss and its gradient in closed form, or None to leave it to autograd.

        Args:
            outputs: (rows, outputs).
            target: as `loss` wants it.
            weight: (rows), multiplies the losses before the mean over all rows; or None.
        """
        return None

    @abstractmethod
    def combine(self, outputs: Tensor) -> Tensor:
        """Turn the outputs of the members, (rows, members, outputs), into one (rows, outputs)."""

    @abstractmethod
    def activate(self, outputs: Tensor) -> Tensor:
        """Turn outputs into probabilities or values."""


@final
@dataclass(frozen=True)
class BinaryHead(Head):
    """Two classes: one logit, of the second class.

    Example:
        >>> BinaryHead().activate(torch.tensor([[0.0]]))
        tensor([0.5000])
    """

    @property
    def n_outputs(self) -> int:
        """One logit."""
        return 1

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy with a target from 0 to 1."""
        return F.binary_cross_entropy_with_logits(outputs[:, 0], target, reduction="none")

    def gradient(self, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
        """Mean loss, and the probability minus the target."""
        return answer(binary_cross_entropy, outputs, target.unsqueeze(1), weight)

    def combine(self, outputs: Tensor) -> Tensor:
        """The logit of the mean probability."""
        return _log_mean(F.logsigmoid(outputs)) - _log_mean(F.logsigmoid(-outputs))

    def activate(self, outputs: Tensor) -> Tensor:
        """The probability of the second class, (rows)."""
        return outputs[:, 0].sigmoid()


@final
@dataclass(frozen=True)
class SoftmaxHead(Head):
    """Several classes of which one is true.

    Args:
        n_classes: how many.

    Example:
        >>> SoftmaxHead(4).activate(torch.zeros(1, 4))
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    n_classes: int

    @property
    def n_outputs(self) -> int:
        """One logit per class."""
        return self.n_classes

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy with class numbers, (rows), or with probabilities, (rows, classes)."""
        return F.cross_entropy(outputs, target, reduction="none")

    def gradient(self, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
        """Mean loss, and the probabilities minus the true ones."""
        return answer(cross_entropy, outputs, target, weight)

    def combine(self, outputs: Tensor) -> Tensor:
        """The logarithm of the mean probabilities."""
        return _log_mean(F.log_softmax(outputs, dim=-1))

    def activate(self, outputs: Tensor) -> Tensor:
        """Probabilities, (rows, classes)."""
        return outputs.softmax(dim=-1)


@final
@dataclass(frozen=True)
class SigmoidHead(Head):
    """Several labels, each true or not by itself.

    Args:
        n_labels: how many.

    Example:
        >>> SigmoidHead(2).activate(torch.zeros(1, 2))
        tensor([[0.5000, 0.5000]])
    """

    n_labels: int

    @property
    def n_outputs(self) -> int:
        """One logit per label."""
        return self.n_labels

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Mean over the labels of the cross-entropy with targets from 0 to 1."""
        return F.binary_cross_entropy_with_logits(outputs, target, reduction="none").mean(-1)

    def gradient(self, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
        """Mean loss, and the probabilities minus the targets."""
        return answer(binary_cross_entropy, outputs, target, weight)

    def combine(self, outputs: Tensor) -> Tensor:
        """The logits of the mean probabilities."""
        return _log_mean(F.logsigmoid(outputs)) - _log_mean(F.logsigmoid(-outputs))

    def activate(self, outputs: Tensor) -> Tensor:
        """Probabilities, (rows, labels)."""
        return outputs.sigmoid()


@final
@dataclass(frozen=True)
class RegressionHead(Head):
    """One or several numbers, learned after standardising them.

    Args:
        means: of each target over the training rows.
        scales: standard deviation of each target over the training rows; 1 where it is constant.
        delta: standard deviations beyond which an error counts linearly (Huber's loss); None for the squared
            error.

    Example:
        >>> RegressionHead(means=(10.0,), scales=(2.0,)).activate(torch.tensor([[1.0]]))
        tensor([[12.]])
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    delta: float | None = None

    @classmethod
    def of(cls, target: Tensor, *, delta: float | None = None) -> "RegressionHead":
        """Return the head for targets, (rows, targets), by their means and standard deviations.

        Args:
            target: training rows alone.
            delta: standard deviations beyond which an error counts linearly.
        """
        means, scales = target.mean(0), target.std(0, correction=0)
        tiny = 1e-12 * means.abs()
        scales = torch.where(scales > tiny, scales, torch.ones_like(scales))
        return cls(tuple(means.tolist()), tuple(scales.tolist()), delta)

    @property
    def n_outputs(self) -> int:
        """One number per target."""
        return len(self.means)

    def encode(self, target: Tensor) -> Tensor:
        """Turn targets, (rows, targets) in float64, into standardised ones in float32."""
        return ((target - target.new_tensor(self.means)) / target.new_tensor(self.scales)).float()

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Mean over the targets of the squared or Huber's error, in standard deviations of the target."""
        if self.delta is not None:
            return F.huber_loss(outputs, target, reduction="none", delta=self.delta).mean(-1)
        return F.mse_loss(outputs, target, reduction="none").mean(-1)

    def gradient(self, outputs: Tensor, target: Tensor, weight: Tensor | None) -> Answer | None:
        """Mean loss, and the error times two, or Huber's cut one."""
        if self.delta is not None:
            return answer(partial(huber_error, delta=self.delta), outputs, target, weight)
        return answer(squared_error, outputs, target, weight)

    def combine(self, outputs: Tensor) -> Tensor:
        """The mean."""
        return outputs.mean(1)

    def activate(self, outputs: Tensor) -> Tensor:
        """Values in the targets' own units, (rows, targets)."""
        return outputs * outputs.new_tensor(self.scales) + outputs.new_tensor(self.means)


@final
class HeadObjective(OutputObjective):
    """The loss of a head over a network that may be an ensemble of members.

    Each member learns by its own loss, and the losses are averaged: averaging the predictions first would
    let the members lean on each other. Validation judges the joined prediction.

    Args:
        head: what the outputs mean.

    Example:
        >>> batch = Batch(torch.zeros(3, 1), torch.zeros(3), None)
        >>> round(HeadObjective(BinaryHead()).loss(nn.Identity(), batch).item(), 4)
        0.6931
    """

    def __init__(self, head: Head) -> None:
        self.head = head

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the weighted mean loss over rows and members; in validation, of the joined outputs."""
        outputs = network(batch.inputs)
        return self.outputs_loss(outputs if network.training else joined(self.head, outputs), batch)

    def outputs_loss(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Return the weighted mean loss over rows and members."""
        rows = self.head.loss(*member_rows(outputs, batch)[:2])
        if outputs.ndim == 3:  # (rows, members, outputs)
            rows = rows.view(len(outputs), -1).mean(1)
        return rows.mean() if batch.weight is None else (rows * batch.weight).mean()

    def outputs_gradient(self, outputs: Tensor, batch: Batch) -> Answer:
        """Return the loss and its gradient with respect to the outputs, in the head's closed form."""
        closed = self.head.gradient(*member_rows(outputs, batch))
        loss, gradient = closed or super().outputs_gradient(outputs, batch)
        return loss, gradient.view(outputs.shape)

    def predict(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return probabilities or values."""
        return self.head.activate(joined(self.head, network(batch.inputs)))

    def judge(self, network: nn.Module, batch: Batch) -> Answer:
        """Return loss and prediction from one pass of the network."""
        outputs = network(batch.inputs)
        one = joined(self.head, outputs)
        return self.outputs_loss(outputs if network.training else one, batch), self.head.activate(one)


def joined(head: Head, outputs: Tensor) -> Tensor:
    """Return outputs as (rows, outputs), combining the members where there are any.

    Args:
        head: what the outputs mean.
        outputs: (rows, outputs) or (rows, members, outputs).

    Example:
        >>> joined(RegressionHead((0.0,), (1.0,)), torch.tensor([[[1.0], [3.0]]]))
        tensor([[2.]])
    """
    return head.combine(outputs) if outputs.ndim == 3 else outputs


def _log_mean(logs: Tensor) -> Tensor:
    """The logarithm of the mean over the members, (rows, members, outputs) -> (rows, outputs)."""
    return logs.logsumexp(1) - math.log(logs.shape[1])
