"""The automatic choice of epochs, batch size, rate, validation and threads, each with its reason."""

import math

from netwright.training.record import Choice
from netwright.training.samples import Steps

MIN_ROWS_FOR_VALIDATION = 100
STEPS_IN_A_RUN = 20_000
EPOCHS_WITHOUT_VALIDATION = 100


def choose_validation(n_rows: int, *, streamed: bool = False) -> Choice:
    """Choose which share of the rows is held back to judge the epochs.

    Args:
        n_rows: rows given to training.
        streamed: whether they are a stream.

    Example:
        >>> choose_validation(1000).value
        0.2
    """
    if streamed:
        reason = "of a stream no rows can be set apart; give a second one to judge the epochs by"
        return Choice("validation", 0.0, reason)
    if n_rows < MIN_ROWS_FOR_VALIDATION:
        reason = f"{n_rows} rows are too few to spare some: a score on under 20 rows is mostly chance"
        return Choice("validation", 0.0, reason)
    return Choice("validation", 0.2, "four fifths to learn from, one fifth to judge each epoch by")


def choose_batch_size(n_rows: int) -> Choice:
    """Choose the rows per step.

        batch_size = 2 ** round(log2(1.5 * sqrt(n_rows))), from 16 to 1024

    Args:
        n_rows: rows to train on.

    Example:
        >>> choose_batch_size(25_600).value
        256
    """
    size = 2 ** round(math.log2(1.5 * math.sqrt(n_rows)))
    size = min(max(size, 16), 1024)
    reason = (
        f"near 1.5 times the square root of {n_rows} rows: noisy enough to generalise, large enough for fast "
        f"matrix products; {Steps(n_rows, size).per_epoch} steps in an epoch"
    )
    source = "Keskar et al. (2016), arXiv:1609.04836"
    return Choice("batch_size", size, reason, source)


def choose_epochs(n_rows: int, batch_size: int, *, validated: bool) -> Choice:
    """Choose how many times training may pass over the rows.

    Args:
        n_rows: rows to train on.
        batch_size: rows per step.
        validated: whether validation rows can stop the run early.

    Example:
        >>> choose_epochs(25_600, 256, validated=True).value
        200
    """
    if not validated:
        reason = "no validation rows to stop by, so a fixed number"
        return Choice("epochs", EPOCHS_WITHOUT_VALIDATION, reason)
    steps = Steps(n_rows, batch_size).per_epoch
    epochs = min(max(round(STEPS_IN_A_RUN / steps), 20), 200)
    return Choice("epochs", epochs, f"at most {epochs * steps} steps; early stopping ends the run sooner")


def choose_learning_rate() -> Choice:
    """Choose the step size of AdamW.

    Example:
        >>> choose_learning_rate().value
        0.001
    """
    reason = "the rate at which Adam was published, good for most nets of this kind"
    return Choice("learning_rate", 1e-3, reason, "Kingma and Ba (2014), arXiv:1412.6980")
