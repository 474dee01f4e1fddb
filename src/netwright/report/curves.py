"""Learning curves: what each epoch left behind, split by split, and how to read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from netwright.core.errors import InputError
from netwright.report.plateau import noise_level, plateau_epoch, smoothed

NOT_CURVES = frozenset({"epoch", "learning_rate", "seconds", "steps"})
SHORTEST = 5

Shape = Literal["overfitting", "improving", "plateau", "flat", "diverged", "short"]


@dataclass(frozen=True)
class LearningCurves:
    """The curves of one training run, and what they say.

    Use `learning_curves` to make one.

    Args:
        epochs: number of each epoch.
        training: metric name to one value per epoch on the training rows.
        validation: metric name to one value per epoch on the validation rows.
        learning_rate: one value per epoch, empty where the history has none.
        best_epoch: epoch with the lowest validation loss (training loss where there is no validation).
        plateau_epoch: epoch at which the deciding loss levels off, see `plateau_epoch`.
        shape: "overfitting", "improving", "plateau", "flat", "diverged" or "short".
        reading: the shape in a sentence.

    Example:
        >>> curves = learning_curves([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])
        >>> curves.best_epoch, curves.shape
        (2, 'short')
    """

    epochs: Int[np.ndarray, " epochs"]
    training: Mapping[str, Float[np.ndarray, " epochs"]]
    validation: Mapping[str, Float[np.ndarray, " epochs"]]
    learning_rate: Float[np.ndarray, " epochs"]
    best_epoch: int | None
    plateau_epoch: int | None
    shape: Shape
    reading: str


def learning_curves(history: Sequence[Mapping[str, float]]) -> LearningCurves:
    """Read a training history: one value per epoch and split, and a sentence about their shape.

    Use it on `record_.epochs` of a fitted estimator, on `Record.epochs`, or on a history of your own.
    A training loss that still falls while the validation loss rises means overfitting; both falling means
    that more epochs would help; both level means that nothing more is to be had from longer training.
    A rise or a fall counts where it exceeds the jitter between neighbouring epochs.

    Args:
        history: one mapping per epoch with "loss"; "validation_" before a name is the validation split's.
            The keys epoch, learning_rate, seconds and steps are not curves.

    Raises:
        InputError: when the history is empty or has no loss.

    Example:
        >>> training = [1 / epoch for epoch in range(1, 21)]
        >>> validation = [abs(epoch - 8) / 10 + 0.3 for epoch in range(1, 21)]
        >>> history = [{"loss": a, "validation_loss": b} for a, b in zip(training, validation)]
        >>> learning_curves(history).reading
        'Overfitting since epoch 8: the training loss still falls while the validation loss rises.'

    Source:
        Brownlee (2019), "How to use Learning Curves to Diagnose Machine Learning Model Performance",
        machinelearningmastery.com.
    """
    if not history or not any("loss" in row for row in history):
        raise InputError(
            "history must have one mapping with a loss per epoch", f"{history!r:.60}", "train first"
        )
    names = list(dict.fromkeys(name for row in history for name in row if name not in NOT_CURVES))
    curves = {name: _column(history, name) for name in names}
    training = {name: curve for name, curve in curves.items() if not name.startswith("validation_")}
    validation = {
        name.removeprefix("validation_"): curve
        for name, curve in curves.items()
        if name.startswith("validation_")
    }
    epochs = np.array([int(row.get("epoch", k)) for k, row in enumerate(history, 1)])
    has_rate = any("learning_rate" in row for row in history)
    deciding = _deciding(training, validation)
    finite = np.isfinite(deciding)
    plateau = plateau_epoch(deciding, greater_is_better=False) if finite.all() else None
    shape, since = _shape(training["loss"], deciding, plateau)
    return LearningCurves(
        epochs=epochs,
        training=training,
        validation=validation,
        learning_rate=_column(history, "learning_rate") if has_rate else np.empty(0),
        best_epoch=int(epochs[np.nanargmin(np.where(finite, deciding, np.inf))]) if finite.any() else None,
        plateau_epoch=None if plateau is None else int(epochs[plateau - 1]),
        shape=shape,
        reading=_sentence(shape, int(epochs[since]), "validation" if "loss" in validation else "training"),
    )


def _column(history: Sequence[Mapping[str, float]], name: str) -> Float[np.ndarray, " epochs"]:
    return np.array([row.get(name, np.nan) for row in history], dtype=np.float64)


def _deciding(
    training: Mapping[str, Float[np.ndarray, " epochs"]],
    validation: Mapping[str, Float[np.ndarray, " epochs"]],
) -> Float[np.ndarray, " epochs"]:
    loss = validation.get("loss")
    return training["loss"] if loss is None or np.isnan(loss).all() else loss


def _shape(
    training: Float[np.ndarray, " epochs"], deciding: Float[np.ndarray, " epochs"], plateau: int | None
) -> tuple[Shape, int]:
    """Return the shape and the index of the epoch it dates from."""
    lost = ~np.isfinite(deciding) | ~np.isfinite(training)
    if lost.any():
        return "diverged", int(lost.argmax())
    if len(deciding) < SHORTEST:
        return "short", len(deciding) - 1
    smooth, jitter = smoothed(deciding), noise_level(deciding)
    best = int(smooth.argmin())
    gain = float(smooth[0] - smooth[best])
    matters = max(3 * jitter, 0.02 * gain, 1e-12)
    rose = smooth[-1] - smooth[best] > matters and best < len(smooth) - 2
    if rose and smoothed(training)[-1] < smoothed(training)[best]:
        return "overfitting", int(deciding.argmin())
    if rose and smooth[-1] > smooth[0] + matters:
        return "diverged", best
    if gain <= matters:
        return "flat", 0
    if _falls_still(deciding, jitter, gain):
        return "improving", len(deciding) - 1
    return "plateau", (plateau - 1) if plateau else best


def _falls_still(loss: Float[np.ndarray, " epochs"], jitter: float, gain: float) -> bool:
    window = max(2, len(loss) // 8)
    before, last = loss[-2 * window : -window].mean(), loss[-window:].mean()
    return bool(before - last > max(3 * jitter * np.sqrt(2 / window), 0.01 * gain))


def _sentence(shape: Shape, epoch: int, split: str) -> str:
    return {
        "overfitting": f"Overfitting since epoch {epoch}: the training loss still falls while the validation "
        "loss rises.",
        "improving": f"Still improving at epoch {epoch}: the {split} loss was falling when training ended.",
        "plateau": f"Plateau since epoch {epoch}: the {split} loss is level, more epochs would bring little.",
        "flat": f"Flat from the first epoch: the {split} loss hardly moved, so the net has learned little.",
        "diverged": f"Diverged at epoch {epoch}: the loss grew or was no longer a number.",
        "short": "Too few epochs to read a trend.",
    }[shape]
