"""Compression by wavelets: few large coefficients say nearly all."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.layers import WaveletFilters, WaveletTransform1d
from netwright.sequence.signals.scales import (
    read_signals,
    room_for_scales,
    time_last,
    time_second,
    wavelet_or_default,
)


@final
@dataclass(eq=False, repr=False)
class WaveletCompressor(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Compress series: the largest wavelet coefficients of each row are kept, as a sparse matrix.

    Use it to store long series that are smooth between steps and bursts. With an orthogonal wavelet, as
    symlets are, no other choice of as many coefficients comes nearer to the series, and the squared error
    is the sum of the squares of those that were dropped.

        c = W x,   keep the largest |c|;   x' = W^-1 c

    Args:
        keep: share of the coefficients that is kept.
        wavelet: its filters; None for `symlet(8)`.
        levels: scales; None for all that there is room for.

    Raises:
        InputError: in `fit`, when keep is not above 0 and at most 1, or X is no (rows, time) or (rows, time,
            features).

    Example:
        >>> X = np.cumsum(np.random.default_rng(0).normal(size=(2, 512)), axis=1)
        >>> model = WaveletCompressor(keep=0.1).fit(X)
        >>> small = model.transform(X)
        >>> small.nnz, small.shape
        (104, (2, 512))
        >>> bool(np.square(model.inverse_transform(small) - X).mean() < 0.02 * X.var())
        True

    Source:
        Donoho and Johnstone (1994), "Ideal spatial adaptation by wavelet shrinkage",
        doi:10.1093/biomet/81.3.425; few coefficients: Mallat (1989), "A theory for multiresolution signal
        decomposition: the wavelet representation", doi:10.1109/34.192463.
    """

    keep: float = 0.1
    wavelet: WaveletFilters | None = None
    levels: int | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how long the series are.

        Args:
            X: (rows, time) or (rows, time, features), finite.
            y: passed over.

        Raises:
            ValueError: when X cannot be used.
        """
        if not 0 < self.keep <= 1:
            raise InputError("keep must be above 0 and at most 1", repr(self.keep), "0.1 is usual")
        values = read_signals(self, X, fitting=True)
        self.series_shape_ = tuple(values.shape[1:])
        wavelet = wavelet_or_default(self.wavelet)
        n_steps = self.series_shape_[0]
        self.levels_ = max(room_for_scales(n_steps, wavelet), 1) if self.levels is None else self.levels
        self.sizes_ = tuple(part.shape[-1] for part in self._wavelets()(torch.zeros(n_steps)))
        return self

    def transform(self, X: Any) -> csr_matrix:
        """Return the kept coefficients, sparse: (rows, coefficients of all features).

        Args:
            X: series as long as in `fit`.
        """
        check_is_fitted(self)
        signals = time_last(read_signals(self, X, fitting=False))
        found = torch.cat(self._wavelets()(signals), -1).flatten(1)
        n_kept = -(-found.shape[1] * round(self.keep * 1_000_000) // 1_000_000)  # rounded up, to the number
        places = found.abs().topk(n_kept, dim=1).indices
        kept = torch.zeros_like(found).scatter_(1, places, found.gather(1, places))
        return csr_matrix(kept.numpy())

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the series that coefficients stand for.

        Args:
            X: as `transform` gives it.
        """
        check_is_fitted(self)
        found = torch.from_numpy(csr_matrix(X).toarray())
        n_wanted = sum(self.sizes_) * int(np.prod(self.series_shape_[1:]))
        if found.shape[1] != n_wanted:
            came = f"{found.shape[1]}"
            raise InputError(f"X must have {n_wanted} coefficients", came, "give what transform gives")
        found = found.reshape(len(found), *self.series_shape_[1:], -1)
        parts = torch.split(found, [*self.sizes_], -1)
        return time_second(self._wavelets().inverse(parts, self.series_shape_[0]))

    def _wavelets(self) -> WaveletTransform1d:
        return WaveletTransform1d(wavelet_or_default(self.wavelet), self.levels_, mode="periodization")
