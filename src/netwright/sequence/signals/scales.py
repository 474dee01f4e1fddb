"""What is common to the wavelets of series: which one, how many scales, and along which axis."""

import math
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data
from torch import Tensor

from netwright.core.errors import InputError
from netwright.layers import WaveletFilters, symlet

SKIPPED = 3
"""Of the scales that a series has room for, the coarsest ones that stay as they are."""


def read_signals(estimator: BaseEstimator, X: Any, *, fitting: bool) -> np.ndarray:
    """Return finite numbers, (rows, time) or (rows, time, features), of the length that was fitted.

    Args:
        estimator: learns, or knows, how many steps there are.
        X: what the user gave.
        fitting: whether it is to be learned.

    Raises:
        ValueError: when X is nothing of the kind.

    Example:
        >>> from netwright.sequence import WaveletDenoiser
        >>> read_signals(WaveletDenoiser(), [[1, 2, 3]], fitting=True).shape
        (1, 3)
    """
    values: np.ndarray = validate_data(estimator, X, reset=fitting, dtype=np.float64, allow_nd=True)
    if values.ndim > 3:
        came = f"{values.ndim} axes"
        raise InputError("X must be (rows, time) or (rows, time, features)", came, "lay out further axes")
    return values


def time_last(values: np.ndarray) -> Tensor:
    """Return (rows, time) as it is, and (rows, time, features) as (rows, features, time).

    Args:
        values: as `read_signals` gives them.

    Example:
        >>> time_last(np.zeros((2, 5, 3))).shape
        torch.Size([2, 3, 5])
    """
    return torch.from_numpy(np.require(np.moveaxis(values, 1, -1), requirements=["C", "W"]))


def time_second(signals: Tensor) -> np.ndarray:
    """Undo `time_last`.

    Args:
        signals: (rows, time) or (rows, features, time).

    Example:
        >>> time_second(torch.zeros(2, 3, 5)).shape
        (2, 5, 3)
    """
    return np.ascontiguousarray(np.moveaxis(signals.numpy(), -1, 1))


def wavelet_or_default(wavelet: WaveletFilters | None) -> WaveletFilters:
    """Return the wavelet, or the symlet of order 8.

    Args:
        wavelet: the user's, or None.

    Example:
        >>> len(wavelet_or_default(None).dec_lo)
        16
    """
    return symlet(8) if wavelet is None else wavelet


def room_for_scales(n_steps: int, wavelet: WaveletFilters) -> int:
    """Return how often a series can be halved before the wavelet is longer than what is left.

        floor(log2(steps / (length of the filter - 1)))

    Args:
        n_steps: of the series.
        wavelet: its filters.

    Example:
        >>> room_for_scales(1024, symlet(8))
        6
    """
    return max(int(math.log2(n_steps / (len(wavelet.dec_lo) - 1))), 0) if n_steps else 0


def levels_or_default(levels: int | None, n_steps: int, wavelet: WaveletFilters) -> int:
    """Return how many scales are shrunk: the user's, or all that there is room for but the three coarsest.

    Args:
        levels: the user's, or None.
        n_steps: of the series.
        wavelet: its filters.

    Example:
        >>> levels_or_default(None, 1024, symlet(8))
        3
    """
    return max(room_for_scales(n_steps, wavelet) - SKIPPED, 1) if levels is None else levels


def noise_of(details: Tensor) -> Tensor:
    """Return the standard deviation of white noise, from the finest details, (rows) of (rows, numbers).

        sigma = median |d| / 0.6745

    What a signal leaves in its finest details is large but rare, and the median passes it over.

    Args:
        details: of the finest scale; numbers that are exactly 0 say nothing and are left out.

    Example:
        >>> noise_of(torch.randn(1, 4001, generator=torch.Generator().manual_seed(0))).round(decimals=1)
        tensor([1.])
    """
    sizes = torch.where(details == 0, torch.inf, details.abs()).sort(-1).values
    count = (details != 0).sum(-1, keepdim=True)
    middle = (sizes.gather(-1, (count - 1).clamp_min(0) // 2) + sizes.gather(-1, count // 2)) / 2
    return torch.where(count > 0, middle / 0.6744897501960817, 0.0).squeeze(-1)
