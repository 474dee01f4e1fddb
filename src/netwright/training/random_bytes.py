"""Dropout for passes without gradients: masks of random bytes, which cost little beside the rest."""

from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@final
class Stream:
    """Random bytes of a generator that draws eight of them at once.

    Args:
        seed: from 0.

    Example:
        >>> Stream(0).masks(0.5, 3).dtype
        dtype('bool')
    """

    def __init__(self, seed: int) -> None:
        self._generator = np.random.SFC64(seed)

    def masks(self, kept: float, n: int) -> np.ndarray:
        """Return n truth values, of which that share is true on average, by the fewest bits that tell.

        One bit tells a half, eight bits tell 256ths, and 16 bits other shares, within 1e-5.

        Args:
            kept: from 0 to 1.
            n: how many.
        """
        if kept == 0.5:
            found: np.ndarray = np.unpackbits(self._words(n, 64).view(np.uint8), count=n).view(np.bool_)
            return found
        eight = (kept * 256).is_integer()
        kind, levels = (np.uint8, 256) if eight else (np.uint16, 65536)
        bound = round(kept * levels)
        if bound == levels:
            return np.ones(n, dtype=np.bool_)
        draws = self._words(n, 8 if eight else 4).view(kind)[:n]
        below: np.ndarray = np.less(draws, kind(bound))
        return below

    def _words(self, n: int, per_word: int) -> np.ndarray:
        words: np.ndarray = self._generator.random_raw(-(-n // per_word))
        return words


@final
class ByteDropout:
    """Dropout of single units, always on.

        y = m x / q,   q the share that is kept on average

    Args:
        p: share that is dropped.
        stream: of random bytes.

    Example:
        >>> ByteDropout(0.5, Stream(0))(torch.ones(2, 3)).unique().tolist()
        [0.0, 2.0]
    """

    def __init__(self, p: float, stream: Stream) -> None:
        self.p, self.stream = p, stream
        kept = 1 - p
        self._kept = kept if (kept * 256).is_integer() else round(kept * 65536) / 65536

    def __call__(self, x: Tensor) -> Tensor:
        """Return x with some of its units zero, and the others larger by as much."""
        if x.device.type != "cpu":
            return F.dropout(x, self.p)
        if not self._kept:
            return torch.zeros_like(x)
        mask = torch.from_numpy(self.stream.masks(self._kept, x.numel())).view(x.shape)
        return torch.where(mask, x, 0.0).mul_(1 / self._kept)
