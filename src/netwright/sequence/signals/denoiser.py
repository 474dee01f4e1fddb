"""Denoising by wavelets: what is small at every scale is noise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from netwright.core.errors import InputError
from netwright.layers import WaveletFilters, WaveletTransform1d
from netwright.sequence.signals.scales import (
    levels_or_default,
    noise_of,
    read_signals,
    time_last,
    time_second,
    wavelet_or_default,
)
from netwright.sequence.signals.thresholds import bayes_threshold, shrink

Rule = Callable[[Tensor, Tensor, int], Tensor]
"""(details, noise, steps) -> threshold of each row."""


@final
@dataclass(eq=False, repr=False)
class WaveletDenoiser(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Denoise series: wavelet coefficients below a threshold become zero, at each scale.

    Use it in front of a model, or before looking, on series with steps, bursts and chirps that a moving
    average would smear. Each row, and each feature of it, has its own noise. The rule is `bayes_threshold`,
    `sure_threshold` or `universal_threshold`, or a function of your own.

        y = W^-1(shrink(W x)),   soft: sign(d) max(|d| - t, 0),   hard: d where |d| > t, else 0
        sigma = median |finest details| / 0.6745

    Args:
        rule: (details of a scale, noise, steps) -> threshold.
        hard: whether what is above the threshold stays as it is; soft thresholds leave fewer artefacts, hard
            ones higher peaks.
        wavelet: its filters; None for `symlet(8)`.
        levels: scales that are shrunk, from the finest; None for all that there is room for but three.
        noise: standard deviation of the noise, where it is known; None to take it from each row.

    Raises:
        InputError: in `fit`, when X is no (rows, time) or (rows, time, features), or noise is below 0.

    Example:
        >>> time = np.linspace(0, 1, 512)
        >>> clean = np.sign(np.sin(12 * time))[None]
        >>> noisy = clean + np.random.default_rng(0).normal(0, 0.3, clean.shape)
        >>> left = WaveletDenoiser().fit_transform(noisy) - clean
        >>> bool(np.square(left).mean() < 0.5 * np.square(noisy - clean).mean())
        True

    Source:
        Donoho and Johnstone (1994), "Ideal spatial adaptation by wavelet shrinkage",
        doi:10.1093/biomet/81.3.425.
    """

    rule: Rule = bayes_threshold
    hard: bool = False
    wavelet: WaveletFilters | None = None
    levels: int | None = None
    noise: float | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how long the series are.

        Args:
            X: (rows, time) or (rows, time, features), finite.
            y: passed over.

        Raises:
            ValueError: when X cannot be used.
        """
        if self.noise is not None and not self.noise >= 0:
            raise InputError("noise must be 0 or more", repr(self.noise), "None takes it from the series")
        read_signals(self, X, fitting=True)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the series without their noise, shaped as they came.

        Args:
            X: series as long as in `fit`.
        """
        check_is_fitted(self)
        signals = time_last(read_signals(self, X, fitting=False))
        n_steps = signals.shape[-1]
        wavelet = wavelet_or_default(self.wavelet)
        transform = WaveletTransform1d(wavelet, levels_or_default(self.levels, n_steps, wavelet))
        coarse, *details = transform(signals)
        noise = noise_of(details[-1]) if self.noise is None else torch.full_like(signals[..., 0], self.noise)
        shrunk = [shrink(part, self.rule(part, noise, n_steps), hard=self.hard) for part in details]
        return time_second(transform.inverse([coarse, *shrunk], n_steps))
