"""Losses and scores between evaluations, as a library with epochs would log them."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from netwright.doctor.observe.facts import EvaluationCall, Facts


@dataclass(frozen=True)
class Epoch:
    """One interval that an evaluation ends; NaN where something could not be told.

    Args:
        train_loss: mean of its steps.
        loss: held-out.
        accuracy: held-out.
        gradient: mean norm.
    """

    train_loss: float
    loss: float
    accuracy: float
    gradient: float


def epochs_of(facts: Facts) -> list[Epoch]:
    """Return what a logger would have written at each evaluation of the first network.

    Args:
        facts: of the run.
    """
    if not facts.trainees:
        return []
    history, found, first = facts.trainees[0].history, [], 0
    for one in facts.evaluations:
        if one.step <= first:
            continue
        told = [score for call in one.calls if not call.gradients and (score := _score(call))]
        rows = sum(n for _, _, n in told)
        loss = sum(loss * n for loss, _, n in told) / rows if rows else math.nan
        accuracy = sum(accuracy * n for _, accuracy, n in told) / rows if rows else math.nan
        gradients = [value for value in history.gradient[first : one.step] if value == value]
        found.append(Epoch(_mean(history.loss[first : one.step]), loss, accuracy, _mean(gradients)))
        first = one.step
    return found


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _score(call: EvaluationCall) -> tuple[float, float, int] | None:
    """Loss, accuracy (NaN for numbers) and rows of one call; None where its targets are not known."""
    output = call.output
    target = next((one for one in call.others if one.ndim and len(one) == len(output)), None)
    if target is None or not output.is_floating_point():
        return None
    if output.ndim == 2 and target.ndim == 1 and not target.is_floating_point() and output.shape[1] > 1:
        return _of_classes(output, target)
    if output.numel() != target.numel():
        return None
    return _of_numbers(output.flatten().double(), target.flatten().double(), len(target))


def _of_classes(output: Tensor, target: Tensor) -> tuple[float, float, int]:
    right = float((output.argmax(1) == target).double().mean())
    sums_to_one = bool(torch.allclose(output.sum(1), torch.ones(()).to(output), atol=1e-4))
    scores = output.clamp_min(1e-12).log() if sums_to_one else output
    return float(F.cross_entropy(scores.double(), target.long())), right, len(target)


def _of_numbers(output: Tensor, target: Tensor, rows: int) -> tuple[float, float, int]:
    yes_or_no = bool(((target == 0) | (target == 1)).all())
    cut = 0.5 if bool(((output >= 0) & (output <= 1)).all()) else 0.0
    right = float(((output > cut).double() == target).double().mean()) if yes_or_no else math.nan
    return float((output - target).square().mean()), right, rows
