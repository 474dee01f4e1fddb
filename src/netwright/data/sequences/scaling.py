"""Scaling of sequences, fitted on training rows: features standardised, missing values told apart."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.sequences.samples import SequenceSamples


@final
@dataclass(frozen=True)
class SequenceScaler:
    """Standardises each feature over all real steps, and marks missing values.

    Use it on training sequences alone, then on all others. A missing value, NaN, becomes 0, which is the
    mean; each feature that misses values in training gets one more channel, 1 where it misses one and 0
    elsewhere. Where only later sequences miss values, these become 0 without a mark: the network could not
    know one.

        x' = (x - mean) / std,   0 where x is missing;   marks behind the features

    Args:
        means: of each feature.
        scales: standard deviation of each feature; 1 where it is constant.
        marked: features that have a channel for missing values.

    Example:
        >>> from netwright.data import read_sequences
        >>> samples = read_sequences([[1.0, 3.0], [float("nan"), 2.0]])
        >>> SequenceScaler.of(samples).transform(samples).values
        tensor([[-1.2247,  0.0000],
                [ 1.2247,  0.0000],
                [ 0.0000,  1.0000],
                [ 0.0000,  0.0000]])
    """

    means: tuple[float, ...]
    scales: tuple[float, ...]
    marked: tuple[int, ...] = ()

    @classmethod
    def of(cls, samples: SequenceSamples) -> "SequenceScaler":
        """Return the scaler for sequences by their means and standard deviations.

        Args:
            samples: training rows alone.
        """
        values = samples.values.double()
        known = ~values.isnan()
        count = known.sum(0).clamp(min=1)
        means = values.nan_to_num(0.0).sum(0) / count
        spread = torch.where(known, values - means, 0.0).square().sum(0) / count
        scales = spread.sqrt()
        scales = torch.where(scales > 1e-6 * means.abs(), scales, torch.ones_like(scales))
        marked = (~known).any(0).nonzero()[:, 0]
        return cls(tuple(means.tolist()), tuple(scales.tolist()), tuple(marked.tolist()))

    @property
    def n_features(self) -> int:
        """Features after scaling, marks included."""
        return len(self.means) + len(self.marked)

    def transform(self, samples: SequenceSamples) -> SequenceSamples:
        """Return sequences scaled and marked.

        Args:
            samples: with the features of training.

        Raises:
            InputError: when they have others.
        """
        if samples.shape[1] != len(self.means):
            came, mend = f"{samples.shape[1]}", "give the features of training, in their order"
            raise InputError(f"sequences must have {len(self.means)} features", came, mend)
        values = samples.values
        scaled = (values - self._row(self.means)) / self._row(self.scales)
        parts = [torch.where(scaled.isnan(), 0.0, scaled)]
        if self.marked:
            parts.append(values[:, list(self.marked)].isnan().float())
        return samples.with_values(torch.cat(parts, 1))

    def inverse(self, values: Tensor) -> Tensor:
        """Return scaled features in their own units.

        Args:
            values: (..., features) or with the marks behind them, which are left out.
        """
        return values[..., : len(self.means)] * self._row(self.scales) + self._row(self.means)

    def _row(self, numbers: tuple[float, ...]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.float32)
