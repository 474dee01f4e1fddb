"""Time stretching: each series of a batch runs faster or slower, and begins sooner or later."""

from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.sequences.batch import SequenceBatch


@final
@dataclass(frozen=True)
class TimeStretch:
    """Stretches or squeezes each series around a step of its own, and shifts it.

    Use it on few series whose class does not depend on how fast things happen, nor exactly when, as
    `Training(callbacks=[Augmentation(TimeStretch())])`; `ConvSequenceClassifier` has it by default.

        x'(t) = x(c + (1 + a) (t - c) + s T),   a, s uniform within the bounds, c uniform from 0 to T

    Between steps values are mixed; beyond its ends a series has its first or last value. Lengths stay.

    Args:
        stretch: by which share a series is at most stretched or squeezed.
        shift: by which share of its length it is at most shifted.

    Raises:
        InputError: when a share is not from 0 to below 1.

    Example:
        >>> ramp = torch.arange(5.0)[None, :, None]
        >>> TimeStretch(0.0, 0.0)(ramp, torch.zeros(1), torch.Generator())[0].flatten()
        tensor([0., 1., 2., 3., 4.])

    Source:
        Iwana and Uchida (2021), "An empirical survey of data augmentation for time series classification with
        neural networks", doi:10.1371/journal.pone.0254841.
        Differs: one linear change of pace over the whole series.
    """

    stretch: float = 0.1
    shift: float = 0.05

    def __post_init__(self) -> None:
        for name in ("stretch", "shift"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} must be from 0 to below 1", str(getattr(self, name)), "try 0.1")

    def __call__(self, inputs: Any, target: Tensor, generator: torch.Generator) -> tuple[Any, Tensor]:
        """Return the batch with its series stretched and shifted.

        Args:
            inputs: (batch, time, features), or a `SequenceBatch`.
            target: of the series, given back as it is.
            generator: on the processor; draws pace, centre and shift of each series.
        """
        if isinstance(inputs, SequenceBatch):
            return inputs._replace(values=self._warped(inputs.values, inputs.lengths, generator)), target
        lengths = torch.full((len(inputs),), inputs.shape[1], device=inputs.device)
        return self._warped(inputs, lengths, generator), target

    def _warped(self, values: Tensor, lengths: Tensor, generator: torch.Generator) -> Tensor:
        pace, centre, shift = torch.rand(3, len(values), 1, generator=generator).to(values.device)
        length, steps = lengths[:, None], torch.arange(values.shape[1], device=values.device)
        middle = centre * length
        at = middle + (1 + self.stretch * (2 * pace - 1)) * (steps - middle)
        at = (at + self.shift * (2 * shift - 1) * length).clamp(min=0).minimum(length - 1.0)
        before = at.floor().long()
        after = (before + 1).minimum(length - 1)
        part = (at - before)[:, :, None].to(values.dtype)
        mixed = _at(values, before) * (1 - part) + _at(values, after) * part
        return torch.where((steps < length)[:, :, None], mixed, torch.zeros_like(mixed))


def _at(values: Tensor, steps: Tensor) -> Tensor:
    return values.gather(1, steps[:, :, None].expand_as(values))
