"""The regime for large batches: as many updates as with small ones, in longer steps."""

import math
from dataclasses import replace

from netwright.core.errors import InputError
from netwright.training.callbacks import Callback, EarlyStopping, GradientClipping
from netwright.training.training import Training

MAX_NORM = 5.0
"""Of gradients, in the experiments of the paper's authors."""


def large_batch_regime(training: Training, batch_size: int, reference_batch_size: int) -> Training:
    """Return a recipe that generalises with large batches as the given one does with small ones.

    Use it where large batches fill a device, or many of them, and the number of updates need not shrink: what
    large batches lose on new rows they lose by fewer updates. Give the network `GhostBatchNorm1d` or
    `GhostBatchNorm2d` with the reference batch size in the place of its batch normalisation.

        rate <- rate * sqrt(r),  epochs <- epochs * r,  r = batch_size / reference_batch_size

    The number of updates stays, and with it what a schedule does in each; the patience of early stopping
    grows with the epochs. Gradients are clipped to a norm of 5, unless the recipe clips them already.

    Args:
        training: the recipe for the reference batch size, with `epochs` and `learning_rate`.
        batch_size: rows per step from now on.
        reference_batch_size: rows per step for which the recipe was made.

    Raises:
        InputError: when epochs or learning_rate are left open, or a batch size is below 1.

    Example:
        >>> regime = large_batch_regime(Training(epochs=10, learning_rate=0.1), 1024, 64)
        >>> regime.epochs, regime.learning_rate, regime.batch_size
        (160, 0.4, 1024)

    Source:
        Hoffer, Hubara and Soudry (2017), "Train longer, generalize better: closing the generalization gap in
        large batch training of neural networks", arXiv:1705.08741.
    """
    if training.epochs is None or training.learning_rate is None:
        raise InputError(
            "training must have epochs and learning_rate, as they are multiplied",
            f"epochs={training.epochs}, learning_rate={training.learning_rate}",
            "set those that serve the reference batch size",
        )
    if min(batch_size, reference_batch_size) < 1:
        raise InputError(
            "batch sizes must be at least 1", f"{batch_size} and {reference_batch_size}", "give larger ones"
        )
    ratio = batch_size / reference_batch_size
    callbacks = [_longer(callback, ratio) for callback in training.callbacks]
    if not any(isinstance(callback, GradientClipping) for callback in callbacks):
        callbacks.insert(0, GradientClipping(MAX_NORM))
    return replace(
        training,
        batch_size=batch_size,
        learning_rate=training.learning_rate * math.sqrt(ratio),
        epochs=math.ceil(training.epochs * ratio),
        callbacks=callbacks,
    )


def _longer(callback: Callback, ratio: float) -> Callback:
    if isinstance(callback, EarlyStopping) and callback.patience is not None:
        return replace(callback, patience=math.ceil(callback.patience * ratio))
    return callback
