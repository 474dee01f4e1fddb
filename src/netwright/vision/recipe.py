"""What a recipe leaves open, chosen for pictures."""

from collections.abc import Sequence
from dataclasses import replace

from netwright.data import RandomCrop
from netwright.optim import OneCycle
from netwright.training import Training
from netwright.training.callbacks.augmentation import Augmentation
from netwright.training.choices import choose_batch_size
from netwright.training.record import Choice
from netwright.training.samples import Steps

STEPS_IN_A_RUN = 2_600
FEWEST_EPOCHS, MOST_EPOCHS = 8, 40
PEAK_RATE = 5e-3
PIXELS_FOR_ONE = 14
"""Pixels of a side for each one by which pictures are shifted."""

ROWS_FOR_A_TENTH = 10_000
"""Rows from which a tenth judges the epochs as well as a fifth does."""


def settle_pictures(
    training: Training, n_rows: int, shape: Sequence[int] | None = None
) -> tuple[Training, list[Choice]]:
    """Return a recipe for networks of convolutions and batch normalisation, and what was chosen with reasons.

    One cycle of the rate needs to know its end, so the number of epochs is fixed. A rate or a schedule of the
    user's own stays, and then the other is left to the general rule. Pictures are shifted by a few pixels,
    which leaves every label right, unless the user names an `Augmentation` among the callbacks.

    Args:
        training: the user's recipe, open fields None.
        n_rows: rows to learn from.
        shape: channels, height and width; None where nothing may be shifted, as where targets name places.

    Example:
        >>> recipe, chosen = settle_pictures(Training(), 60_000, (1, 28, 28))
        >>> recipe.epochs, recipe.validation, [choice.name for choice in chosen]
        (12, 0.1, ['validation', 'epochs', 'learning_rate', 'schedule', 'augmentation'])
    """
    filled, made = replace(training), []

    def fill(name: str, choice: Choice) -> None:
        setattr(filled, name, choice.value)
        made.append(choice)

    if training.validation is None and n_rows >= ROWS_FOR_A_TENTH:
        reason = f"a tenth of {n_rows:,} rows is enough to judge each epoch by"
        fill("validation", Choice("validation", 0.1, reason))
    if training.epochs is None:
        fill("epochs", choose_epochs(filled, n_rows))
    if training.schedule is None and training.learning_rate is None and training.optimizer is None:
        reason = "batch normalisation bears a high rate where it rises and falls once; AdamW's peak"
        fill("learning_rate", Choice("learning_rate", PEAK_RATE, reason, "Smith (2018), arXiv:1803.09820"))
        reason = "with a rate that rises and falls once few epochs suffice"
        source = "Smith and Topin (2017), arXiv:1708.07120"
        fill("schedule", Choice("schedule", OneCycle(), reason, source))
    shift = 0 if shape is None else min(shape[1:]) // PIXELS_FOR_ONE
    if shift and not any(isinstance(one, Augmentation) for one in training.callbacks):
        crop = RandomCrop(padding=shift, fill="replicate")
        filled.callbacks = (*training.callbacks, Augmentation(crop))
        reason = (
            f"what is seen does not depend on {shift} pixels up, down or aside; it cannot be learned by heart"
        )
        made.append(Choice("augmentation", crop, reason))
    return filled, made


def choose_epochs(training: Training, n_rows: int) -> Choice:
    """Choose the passes over the pictures: fewer the more pictures there are.

    Args:
        training: whose validation share and batch size may be known.
        n_rows: rows to learn from and to judge by.

    Example:
        >>> choose_epochs(Training(validation=0.1), 1_000).value
        40
    """
    learned = max(1, round(n_rows * (1 - (0.2 if training.validation is None else training.validation))))
    batch_size = training.batch_size or choose_batch_size(learned).value
    steps = Steps(learned, batch_size).per_epoch
    epochs = min(max(round(STEPS_IN_A_RUN / steps), FEWEST_EPOCHS), MOST_EPOCHS)
    reason = f"{epochs * steps:,} steps of one cycle, whose end must be known when it begins"
    return Choice("epochs", epochs, reason, "Smith and Topin (2017), arXiv:1708.07120")
