"""What a recipe leaves open, chosen for sequences."""

from dataclasses import replace

import torch

from netwright.data import SequenceSamples, TimeStretch
from netwright.optim import OneCycle
from netwright.training import Augmentation, GradientClipping, Training
from netwright.training.callbacks.value_clipping import ValueClipping
from netwright.training.choices import choose_batch_size
from netwright.training.record import Choice
from netwright.training.samples import Steps

NORM = 1.0
"""Of the gradient of a recurrent network, at most."""

STEPS_IN_A_RUN, FEWEST_EPOCHS, MOST_EPOCHS = 1_200, 20, 300
PEAK_RATE = 3e-3
ROWS_FOR_VALIDATION = 500
"""Series below which none is held back: one cycle ends by itself, and each of few series is dear."""

STEPS_TO_STRETCH = 50
"""Length from which series are stretched in time: of a shorter one each step may have its own meaning, as the
hours of a day have."""
ROUGHEST_TO_STRETCH = 1.0
"""Roughness from which they are not: what lies between two steps is then no mixture of both."""


def settle_recurrent(training: Training) -> tuple[Training, list[Choice]]:
    """Return a recipe for recurrent networks, and what was chosen with reasons: gradients are clipped.

    Args:
        training: the user's recipe, open fields None.

    Example:
        >>> [choice.name for choice in settle_recurrent(Training())[1]]
        ['gradient clipping']
    """
    if any(isinstance(one, GradientClipping | ValueClipping) for one in training.callbacks):
        return training, []
    reason = "gradients that came back through many steps explode now and then"
    source = "Pascanu, Mikolov and Bengio (2012), arXiv:1211.5063"
    callbacks = (GradientClipping(NORM), *training.callbacks)
    return replace(training, callbacks=callbacks), [Choice("gradient clipping", NORM, reason, source)]


def roughness(samples: SequenceSamples) -> float:
    """Return how badly steps are told by the mean of their neighbours, in variances of their series.

    0 where series run straight, 1.5 for noise, and 1 where the mean of the series would tell as much.

    Args:
        samples: series; those of one or two steps say nothing, nor do steps beside missing ones.

    Example:
        >>> noise = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0))
        >>> sizes = torch.tensor([2000, 2000])
        >>> round(roughness(SequenceSamples(noise, sizes)), 1), roughness(SequenceSamples(noise * 0, sizes))
        (1.5, 0.0)
    """
    values = samples.values.double()
    owner = torch.arange(len(samples)).repeat_interleave(samples.lengths)
    known = ~values.isnan()
    kept = values.nan_to_num()
    totals = torch.zeros(len(samples), values.shape[1], dtype=values.dtype).index_add(0, owner, kept)
    counts = torch.zeros_like(totals).index_add(0, owner, known.to(values.dtype))
    away = (values - (totals / counts.clamp(min=1))[owner])[1:-1]
    missed = values[1:-1] - (values[:-2] + values[2:]) / 2
    inside = (owner[:-2] == owner[2:])[:, None] & ~missed.isnan()
    lost = torch.where(inside, missed.square(), 0.0).sum(0)
    varies = torch.where(inside, away.square(), 0.0).sum(0)
    return float((lost / varies)[varies > 0].mean()) if bool((varies > 0).any()) else 0.0


def settle_convolutions(
    training: Training, n_rows: int, n_steps: int, rough: float
) -> tuple[Training, list[Choice]]:
    """Return a recipe for convolutions over series, and what was chosen with reasons.

    One cycle of the rate needs to know its end, so the number of epochs is fixed; a rate, schedule or
    optimizer of the user's own leaves that to the general rule.

    Args:
        training: the user's recipe, open fields None.
        n_rows: rows to learn from and to judge by.
        n_steps: mean length of the series.
        rough: their `roughness`.

    Example:
        >>> recipe, chosen = settle_convolutions(Training(), 100, 150, 0.1)
        >>> recipe.epochs, [choice.name for choice in chosen]
        (171, ['validation', 'batch_size', 'epochs', 'learning_rate', 'schedule', 'augmentation'])
    """
    filled, made = replace(training), []

    def fill(name: str, choice: Choice) -> None:
        if getattr(filled, name) is None:
            setattr(filled, name, choice.value)
            made.append(choice)

    if n_rows < ROWS_FOR_VALIDATION:
        reason = f"{n_rows} series are too few to spare some, and one cycle of the rate ends by itself"
        fill("validation", Choice("validation", 0.0, reason))
    learned = max(1, round(n_rows * (1 - (0.2 if filled.validation is None else filled.validation))))
    fill("batch_size", _even_batch_size(learned))
    own = (training.schedule, training.learning_rate, training.optimizer)
    if all(one is None for one in own):
        per_epoch = Steps(learned, filled.batch_size or 1).per_epoch
        epochs = min(max(round(STEPS_IN_A_RUN / per_epoch), FEWEST_EPOCHS), MOST_EPOCHS)
        source = "Smith and Topin (2017), arXiv:1708.07120"
        reason = f"{epochs * per_epoch:,} steps of one cycle, whose end must be known when it begins"
        fill("epochs", Choice("epochs", epochs, reason, source))
        reason = "batch normalisation bears a high rate where it rises and falls once; AdamW's peak"
        fill("learning_rate", Choice("learning_rate", PEAK_RATE, reason, "Smith (2018), arXiv:1803.09820"))
        reason = "with a rate that rises and falls once few epochs suffice"
        fill("schedule", Choice("schedule", OneCycle(), reason, source))
    few, long = n_rows < ROWS_FOR_VALIDATION, n_steps >= STEPS_TO_STRETCH
    if (
        few
        and long
        and rough < ROUGHEST_TO_STRETCH
        and not any(isinstance(one, Augmentation) for one in training.callbacks)
    ):
        stretch = TimeStretch()
        filled.callbacks = (*training.callbacks, Augmentation(stretch))
        reason = f"{n_rows} series are soon learned by heart, and few classes hang on the pace of a series"
        source = "Iwana and Uchida (2021), doi:10.1371/journal.pone.0254841"
        made.append(Choice("augmentation", stretch, reason, source))
    return filled, made


def _even_batch_size(n_rows: int) -> Choice:
    """The usual size, or a little less, so that the last batch is as large as the others."""
    usual = choose_batch_size(n_rows)
    n_batches = -(-n_rows // usual.value)
    reason = f"{usual.reason}; a little less, so that {n_batches} batches are alike"
    return Choice("batch_size", -(-n_rows // n_batches), reason, usual.source)
