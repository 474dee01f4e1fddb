"""Features of series for any model: frequencies, and what each wavelet scale holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from netwright.core.errors import InputError
from netwright.layers import FourierTransform, WaveletFilters, WaveletTransform1d, daubechies
from netwright.sequence.signals.scales import read_signals, room_for_scales, time_last

TINY = 1e-12


@final
@dataclass(eq=False, repr=False)
class FourierFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Frequencies of series as features: where a series starts does not matter, only how it swings.

    Use it in front of a linear model or a tree, in a Pipeline, for vibrations, sounds and seasons. Each
    feature of the series gives its mean, and the logarithm of the power of each frequency of what is left.

        log(|sum_t w_t (x_t - mean) exp(-2 pi i k t / T)|^2 / T^2),   k = 1 ... T / 2,   w Hann's window

    Args:
        n_frequencies: how many are kept, from the lowest; None for all.
        window: whether steps are weighted, so that a strong frequency does not leak into its neighbours.

    Raises:
        InputError: in `fit`, when X is no (rows, time) or (rows, time, features), or there are not so many
            frequencies.

    Example:
        >>> time = np.arange(64)
        >>> X = np.sin(2 * np.pi * np.array([[5], [9]]) * time / 64 + 1)
        >>> FourierFeatures().fit_transform(X)[:, 1:].argmax(axis=1) + 1
        array([5, 9])

    Source:
        Cooley and Tukey (1965), "An Algorithm for the Machine Calculation of Complex Fourier Series",
        doi:10.1090/S0025-5718-1965-0178586-1.
    """

    n_frequencies: int | None = None
    window: bool = True

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how long the series are.

        Args:
            X: (rows, time) or (rows, time, features), finite.
            y: passed over.

        Raises:
            ValueError: when X cannot be used.
        """
        self.series_shape_ = read_signals(self, X, fitting=True).shape[1:]
        most = self.series_shape_[0] // 2
        wanted = most if self.n_frequencies is None else self.n_frequencies
        if not 0 <= wanted <= most:
            came = repr(self.n_frequencies)
            raise InputError(f"n_frequencies must be from 0 to {most}", came, "None takes all")
        self.n_frequencies_ = wanted
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return features, (rows, features of the series times (1 + n_frequencies)).

        Args:
            X: series as long as in `fit`.
        """
        check_is_fitted(self)
        signals = _by_feature(read_signals(self, X, fitting=False))
        mean = signals.mean(-1, keepdim=True)
        powers = FourierTransform("power", window=self.window, norm="forward")(signals - mean)
        logs = torch.log(powers[..., 1 : 1 + self.n_frequencies_] + TINY)
        found: np.ndarray = torch.cat([mean, logs], -1).flatten(1).numpy()
        return found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the features: mean, and frequencies in swings per series.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        names = ["mean", *(f"frequency {k}" for k in range(1, self.n_frequencies_ + 1))]
        return np.array(list(_named(names, self.series_shape_)), dtype=object)


@final
@dataclass(eq=False, repr=False)
class WaveletFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What each wavelet scale of a series holds, as features: how much, how much of it in bursts, and when.

    Use it in front of a linear model or a tree, in a Pipeline, where series differ by bursts, steps and
    trends, of which a spectrum does not tell the time. Each feature of the series gives, for each scale,

        energy: log(mean d^2),   burst: log(mean d^2 / (mean |d|)^2),   time: sum t d^2 / sum d^2 from 0 to 1

    and the mean and the standard deviation of the coarse course that is left.

    Args:
        levels: scales; None for all that there is room for.
        wavelet: its filters; None for `daubechies(2)`.

    Raises:
        InputError: in `fit`, when X is no (rows, time) or (rows, time, features).

    Example:
        >>> X = np.zeros((2, 64))
        >>> X[0, 10], X[1, 50] = 1, 1
        >>> model = WaveletFeatures(levels=1).fit(X)
        >>> dict(zip(model.get_feature_names_out(), model.transform(X)[1].round(1)))["scale 2 time"]
        np.float64(0.8)

    Source:
        Mallat (1989), "A theory for multiresolution signal decomposition: the wavelet representation",
        doi:10.1109/34.192463.
    """

    levels: int | None = None
    wavelet: WaveletFilters | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how long the series are.

        Args:
            X: (rows, time) or (rows, time, features), finite.
            y: passed over.

        Raises:
            ValueError: when X cannot be used.
        """
        self.series_shape_ = read_signals(self, X, fitting=True).shape[1:]
        room = max(room_for_scales(self.series_shape_[0], self._filters()), 1)
        self.levels_ = room if self.levels is None else self.levels
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return features, (rows, features of the series times (2 + 3 levels)).

        Args:
            X: series as long as in `fit`.
        """
        check_is_fitted(self)
        signals = _by_feature(read_signals(self, X, fitting=False))
        coarse, *details = WaveletTransform1d(self._filters(), self.levels_)(signals)
        level = coarse.mean(-1) * 2 ** (-self.levels_ / 2), coarse.std(-1, correction=0)
        scales = [number for part in reversed(details) for number in _scale(part)]
        found: np.ndarray = torch.stack([*level, *scales], -1).flatten(1).numpy()
        return found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the features; a scale is named by the steps that it spans.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        spans = [2 ** (level + 1) for level in range(self.levels_)]
        names = [f"scale {span} {name}" for span in spans for name in ("energy", "burst", "time")]
        return np.array(list(_named(["mean", "spread", *names], self.series_shape_)), dtype=object)

    def _filters(self) -> WaveletFilters:
        return daubechies(2) if self.wavelet is None else self.wavelet


def _by_feature(values: np.ndarray) -> Tensor:
    """(rows, features, time), one feature where there is no axis of them."""
    return time_last(values[..., None] if values.ndim == 2 else values)


def _scale(details: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Energy, burst and time of the details of one scale."""
    squares = details.square()
    energy = squares.mean(-1)
    burst = (energy + TINY) / (details.abs().mean(-1).square() + TINY)
    time = torch.linspace(0, 1, details.shape[-1], dtype=details.dtype)
    middle = ((squares + TINY) * time).sum(-1) / (squares + TINY).sum(-1)
    return torch.log(energy + TINY), torch.log(burst), middle


def _named(names: list[str], shape: tuple[int, ...]) -> Iterator[str]:
    if len(shape) == 1:
        yield from names
        return
    for feature in range(shape[1]):
        yield from (f"feature {feature} {name}" for name in names)
