"""A game of two networks watched: generators that collapse, discriminators that win, losses that go round."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.doctor.finding import Finding

FEWEST_STEPS = 40
MOST_ROWS = 256
COLLAPSED = 0.2
"""Of the distance of two real rows, on average, that is left between two generated ones."""
STARVED = 1e-2
"""Of the generator's gradient at first that is left of it."""
ROUND = 0.5
"""Share of a loss's variance that one frequency carries where the game goes round."""
FEWEST_ROUNDS, MOST_ROUNDS = 3, 40


@dataclass
class GANMonitor:
    """Watches the game of a generator and a discriminator, and says what ails it.

    Give it what your loop has at hand, at every step or every tenth, and ask for `findings` at the end.
    Three things are looked for in the last quarter of what was seen: generated rows that are all alike
    (the mean distance of two of them is below a fifth of that of two real rows); a discriminator that
    separates all real from all generated rows while the generator's gradient is down to a hundredth; and a
    loss that goes round rather than on, where one frequency carries half of its variance and does not fade.
    The losses of a game need not fall, so their size says nothing.

    Example:
        >>> monitor = GANMonitor()
        >>> for step in range(60):
        ...     monitor.see(0.7, real=torch.randn(64, 2), fake=torch.zeros(64, 2))
        >>> [finding.kind for finding in monitor.findings()]
        ['collapsed_output']

    Source:
        Arjovsky and Bottou (2017), "Towards Principled Methods for Training Generative Adversarial Networks",
        arXiv:1701.04862
    """

    generator_losses: list[float] = field(default_factory=list, init=False)
    _spreads: list[float] = field(default_factory=list, init=False, repr=False)
    _separated: list[bool] = field(default_factory=list, init=False, repr=False)
    _gradients: list[float] = field(default_factory=list, init=False, repr=False)

    def see(
        self,
        generator_loss: float,
        *,
        real: Tensor | None = None,
        fake: Tensor | None = None,
        real_scores: Tensor | None = None,
        fake_scores: Tensor | None = None,
        gradient: float | None = None,
    ) -> None:
        """Take note of a step.

        Args:
            generator_loss: of the step.
            real: rows of the data.
            fake: rows that were generated, at least two.
            real_scores: what the discriminator says of real rows, more for what is real.
            fake_scores: and of generated ones.
            gradient: norm of the generator's gradient.
        """
        self.generator_losses.append(float(generator_loss))
        if real is not None and fake is not None:
            self._spreads.append(_spread(fake) / max(_spread(real), 1e-12))
        if real_scores is not None and fake_scores is not None:
            self._separated.append(bool(real_scores.min() > fake_scores.max()))
        if gradient is not None:
            self._gradients.append(float(gradient))

    def findings(self) -> list[Finding]:
        """Return what ails the game, nothing where it is well."""
        if len(self.generator_losses) < FEWEST_STEPS:
            return []
        return [*self._collapse(), *self._perfect_discriminator(), *self._going_round()]

    def _collapse(self) -> list[Finding]:
        late = self._spreads[-max(1, len(self._spreads) // 4) :]
        if not late or np.median(late) >= COLLAPSED:
            return []
        return [
            Finding(
                "collapsed_output",
                "info",
                f"Generated rows lie {np.median(late):.2g} times as far apart as real ones: the generator "
                "has collapsed.",
                evidence={"distance over that of real rows": float(np.median(late))},
                remedy="Let the discriminator see whole batches (minibatch discrimination), slow it down, or "
                "take a Wasserstein loss.",
            )
        ]

    def _perfect_discriminator(self) -> list[Finding]:
        quarter = max(1, len(self._gradients) // 4)
        if not self._separated or not self._gradients:
            return []
        apart = float(np.mean(self._separated[-max(1, len(self._separated) // 4) :]))
        first, last = float(np.max(self._gradients[:quarter])), float(np.median(self._gradients[-quarter:]))
        if apart < 0.95 or last >= STARVED * first:
            return []
        return [
            Finding(
                "vanishing_gradient",
                "info",
                f"The discriminator tells all real from all generated rows, and the generator's gradient has "
                f"gone from {first:.3g} to {last:.3g}.",
                evidence={"share of steps with all rows told apart": apart, "first": first, "last": last},
                remedy="Let the generator raise the score of its rows (the non-saturating loss), smooth the "
                "labels, or take a Wasserstein loss.",
            )
        ]

    def _going_round(self) -> list[Finding]:
        losses = np.asarray(self.generator_losses)
        if not np.isfinite(losses).all():
            return []
        half = len(losses) // 2
        found = [_rounds(part) for part in (losses[:half], losses[half:])]
        (_, _, before), (share, rounds, after) = found
        if (
            share < ROUND
            or not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS
            or after < 0.8 * before
            or after < 1e-9
        ):
            return []
        return [
            Finding(
                "oscillation",
                "info",
                f"The generator's loss goes round: {rounds} times in the last {len(losses) - half} steps, "
                "and it does not settle.",
                evidence={"share of the variance": share, "amplitude before": before, "after": after},
                remedy="Take a smaller rate, less momentum, a gradient penalty, or averaged weights.",
            )
        ]


def _spread(rows: Tensor) -> float:
    flat = rows.detach()[:MOST_ROWS].double().flatten(1)
    if len(flat) < 2:
        raise InputError("rows of a batch", f"{len(flat)} row", "give at least two")
    return float(torch.pdist(flat).mean())


def _rounds(losses: np.ndarray) -> tuple[float, int, float]:
    """The share of the variance at the strongest frequency, its rounds, and its amplitude."""
    steps = np.arange(len(losses))
    rest = losses - np.polyval(np.polyfit(steps, losses, 1), steps)
    power = np.abs(np.fft.rfft(rest)) ** 2
    top = int(power[1:].argmax()) + 1
    near = power[max(1, top - 1) : top + 2].sum()  # a round that does not fit in shows in two neighbours
    return float(near / max(power[1:].sum(), 1e-300)), top, float(np.sqrt(near)) / len(losses)
