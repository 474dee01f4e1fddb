"""The learning-rate range test: one short run in which the rate grows at every step."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, final

from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.callbacks import Callback
from netwright.training.objective import Objective, Player
from netwright.training.run import Run
from netwright.training.samples import Samples
from netwright.training.streams import Stream
from netwright.training.training import Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARGIN = 6.5
"""By how much the suggestion lies under the rate at which the loss goes up again."""

TOLERANCE = 0.1
"""Share of its whole fall by which the loss may lie above its lowest value and still count as low."""

MEDIAN_REACH, MEMORY = 0.02, 0.015
"""Shares of the steps: to each side of a running median, and over which the medians are averaged."""


@final
@dataclass(frozen=True)
class RangeTest:
    """What a range test saw, and the rate that it suggests.

    Args:
        rates: of the steps, smallest first.
        losses: of the batches, before the step of that rate.
        smoothed: the losses without most of their noise.
        highest: the largest rate at which the loss was still low.
        suggestion: the rate to train with, at the start of a schedule that lowers it.
        reason: for the suggestion, with its numbers.

    Example:
        >>> RangeTest([0.1, 1.0], [2.0, 1.0], [2.0, 1.0], 1.0, 1.0 / 6.5, "1 / 6.5").suggestion
        0.15384615384615385
    """

    rates: Sequence[float]
    losses: Sequence[float]
    smoothed: Sequence[float]
    highest: float
    suggestion: float
    reason: str

    def plot(self, path: str | Path | None = None) -> "Figure":
        """Draw the losses over the rates, and the suggestion.

        Args:
            path: where the picture goes as well; its ending says in which format.

        Example:
            >>> RangeTest([0.1, 1.0], [2.0, 1.0], [2.0, 1.0], 1.0, 0.14, "").plot().axes[0].get_xscale()
            'log'
        """
        from matplotlib.figure import Figure  # half a second that only those who draw should wait

        figure = Figure(figsize=(6, 3.8), layout="constrained")
        axes = figure.add_subplot(xscale="log", xlabel="learning rate", ylabel="loss")
        axes.plot(self.rates, self.losses, ".", color="0.7", markersize=4, label="of one batch")
        axes.plot(self.rates, self.smoothed, color="#1f5fa8", label="smoothed")
        axes.axvline(
            self.highest, color="0.4", linestyle=":", linewidth=1, label=f"still low at {self.highest:.2g}"
        )
        axes.axvline(
            self.suggestion, color="#b4510b", linewidth=1.2, label=f"suggested {self.suggestion:.2g}"
        )
        low, high = min(self.smoothed), self.smoothed[0]
        room = (high - low) or abs(high) or 1.0
        axes.set_ylim(low - 0.2 * room, high + 0.6 * room)  # a loss that blows up would flatten all else
        axes.legend(frameon=False, fontsize=8)
        if path is not None:
            figure.savefig(path)
        return figure


def find_learning_rate(
    network: nn.Module,
    objective: Objective,
    samples: Samples | Stream,
    *,
    training: Training | None = None,
    smallest: float = 1e-7,
    largest: float = 10.0,
    steps: int = 200,
    seed: int = 0,
) -> RangeTest:
    """Train a copy of the network with a rate that grows at every step, and suggest the rate to train with.

    Use it before a long run, or where the usual rates do not learn: it costs as much as `steps` steps. The
    network, the objective, the callbacks and all random streams stay as they are.

        rate(t) = smallest * (largest / smallest)^(t / (steps - 1))

    The losses are smoothed by running medians and bias-corrected averages that run forward and backward, so
    that the curve is not shifted towards larger rates. The suggestion is the largest rate at which the
    smoothed loss is still low, within a tenth of its fall from its lowest value, divided by 6.5. Neither a
    lucky batch decides nor the steepest point, which noise moves about.

    Why 6.5: gradient descent on a quadratic with largest curvature L is stable up to 2/L. In this test the
    steepest direction shrinks until then, grows beyond, and is back at its first length at 12.6/L (where the
    dilogarithm is zero), however many steps there are. So the loss is seen to rise between 2/L and 12.6/L,
    and the suggestion lies between 0.15 and 0.97 of the stable limit.

    Args:
        network: any module.
        objective: its loss; that of the first player is watched, and the rates of all grow together.
        samples: training rows, in memory or streamed.
        training: the recipe: batch size, optimizer, and callbacks that shape gradients, losses or parameter
            groups; schedule, validation, epochs and all other callbacks have no part in the test.
        smallest: rate of the first step.
        largest: rate of the last one; a loss that blows up ends the test before.
        steps: from `smallest` to `largest`.
        seed: as in `Training.run`.

    Raises:
        InputError: when the rates or steps do not make a range, or the loss falls at none of the rates.

    Example:
        >>> import torch
        >>> from netwright.training import Supervised, TensorSamples
        >>> X = torch.randn(256, 4, generator=torch.Generator().manual_seed(0))
        >>> torch.manual_seed(0)
        <torch._C.Generator object at ...>
        >>> test = find_learning_rate(
        ...     nn.Linear(4, 1),
        ...     Supervised(nn.MSELoss()),
        ...     TensorSamples(X, X.sum(1, keepdim=True)),
        ...     training=Training(optimizer=torch.optim.SGD),
        ... )
        >>> 0.1 < test.suggestion < 1
        True

    Source:
        Smith (2015), "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186; Smith (2018),
        "A disciplined approach to neural network hyper-parameters: Part 1", arXiv:1803.09820.
        Differs: the rate grows exponentially, and a rule reads the curve.
    """
    if not (0 < smallest < largest and steps >= 10):
        raise InputError(
            "a range test must have 0 < smallest < largest and at least 10 steps",
            f"{smallest:g}, {largest:g} and {steps} steps",
            "the defaults serve most networks",
        )
    network, objective = copy.deepcopy((network, objective))
    recipe, _ = replace(training or Training(), validation=0).complete(len(samples), validated=False)
    watch = _Growth(largest / smallest, steps)
    recipe = replace(
        recipe,
        epochs=steps,  # each has one step at least
        learning_rate=smallest,
        schedule=None,
        callbacks=[watch, *(copy.deepcopy(c) for c in recipe.callbacks if _shapes_steps(c))],
    )
    recipe.run(network, objective, samples, seed=seed)
    rates = [smallest * factor for factor in watch.factors[: len(watch.losses)]]
    if not watch.losses:
        raise InputError("the first loss must be finite", "another one", "see what the network gives")
    return _read(rates, watch.losses, blown_up=len(watch.losses) < steps)


@final
class _Growth(Callback):
    """Lets all rates grow at every step, and notes the losses."""

    def __init__(self, range_: float, steps: int) -> None:
        self.factors = [range_ ** (step / (steps - 1)) for step in range(steps)]
        self.losses: list[float] = []
        self.parts: list[float] = []

    def on_start(self, run: Run) -> None:
        self.rates = [
            [float(group["lr"]) for group in optimizer.param_groups] for _, optimizer, _ in run.players
        ]
        run.record.best_epoch = 1  # so that a loss that is no number ends the run without an error

    def on_loss(self, run: Run, player: Player, loss: Tensor) -> Tensor:
        if player is run.players[0][0]:
            self.parts.append(float(loss.detach()))
        return loss

    def on_step_end(self, run: Run) -> None:
        here = sum(self.parts) / len(self.parts)
        self.parts = []
        total, processes = run.world.sums([here, 1.0])
        self.losses.append(total / processes)
        if len(self.losses) == len(self.factors):
            run.stop("the range is done")
            return
        if self._blown_up():
            run.stop("the loss blew up")
            return
        factor = self.factors[len(self.losses)]
        for (_, optimizer, _), rates in zip(run.players, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor

    def _blown_up(self) -> bool:
        """Whether three batches in a row lie far above all of the beginning."""
        highest, lowest = max(self.losses[: _beginning(len(self.factors))]), min(self.losses)
        return min(self.losses[-3:]) > highest + 3 * max(abs(highest), highest - lowest)


def _beginning(steps: int) -> int:
    """Steps at rates at which nothing is learned yet."""
    return max(steps // 10, 1)


def _shapes_steps(callback: Callback) -> bool:
    shaping = ("groups", "on_loss", "on_gradients")
    kind = type(callback)
    return kind.needs_autograd or any(getattr(kind, name) is not getattr(Callback, name) for name in shaping)


def _read(rates: Sequence[float], losses: Sequence[float], *, blown_up: bool) -> RangeTest:
    """Find the largest rate at which the loss is low."""
    smoothed = _smooth(losses)
    lowest, first = min(smoothed), smoothed[0]
    low = [step for step, loss in enumerate(smoothed) if loss <= lowest + TOLERANCE * (first - lowest)]
    if low[-1] == 0:
        raise InputError(
            "the loss must fall at some of the rates",
            f"{', '.join(f'{loss:.3g}' for loss in smoothed[:3])} from the first steps on",
            "begin at a smaller rate, or see whether the network learns at all",
        )
    highest = rates[low[-1]]
    reason = f"up to {highest:.2g} the loss, {first:.3g} at first, was low ({lowest:.3g}); that / {MARGIN:g}"
    if low[-1] == len(smoothed) - 1 and not blown_up:
        reason += "; it never rose: let the range reach further"
    return RangeTest(rates, losses, smoothed, highest, highest / MARGIN, reason)


def _smooth(losses: Sequence[float]) -> list[float]:
    """Running medians, at most the level of the beginning, averaged forward and backward."""
    reach, memory = round(MEDIAN_REACH * len(losses)), max(MEMORY * len(losses), 1.0)
    beginning = losses[: _beginning(len(losses))]
    level = sum(beginning) / len(beginning)  # else the end of a loss that blows up would outweigh all before
    medians = [min(median(losses[max(0, i - reach) : i + reach + 1]), level) for i in range(len(losses))]
    ahead, back = _average(medians, memory), _average(medians[::-1], memory)[::-1]
    return [(one + other) / 2 for one, other in zip(ahead, back, strict=True)]


def _average(values: Sequence[float], memory: float) -> list[float]:
    """Averages with exponentially falling weights, without the bias towards where they began."""
    keep, total, weight, averages = 1 - 1 / memory, 0.0, 0.0, []
    for value in values:
        total, weight = keep * total + value, keep * weight + 1
        averages.append(total / weight)
    return averages
