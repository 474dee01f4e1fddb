"""Rows that grow at their end without being copied each time."""

import numpy as np
from numpy.typing import NDArray

from netwright.search.metric import Floats


class Slab:
    """A matrix with room at its end; over a mapped file it is read until it has to change.

    Args:
        rows: the first rows; taken as they are, and copied before anything is changed in them.
    """

    def __init__(self, rows: Floats) -> None:
        self._room, self._n, self._own = rows, len(rows), False

    @property
    def rows(self) -> Floats:
        """The rows, without the room behind them."""
        return self._room[: self._n]

    def append(self, rows: Floats) -> None:
        """Put rows at the end."""
        end = self._n + len(rows)
        if not self._own or end > len(self._room):
            self._move_to(max(end, self._n + self._n // 2 if self._n else end))
        self._room[self._n : end] = rows
        self._n = end

    def put(self, slots: NDArray[np.int64], rows: Floats) -> None:
        """Write rows over others."""
        self._make_own()
        self._room[slots] = rows

    def cut(self, n: int) -> None:
        """Keep the first n rows."""
        self._n = n

    def _make_own(self) -> None:
        if not self._own:
            self._move_to(self._n)

    def _move_to(self, size: int) -> None:
        room = np.empty((size, self._room.shape[1]), np.float32)
        room[: self._n] = self.rows
        self._room, self._own = room, True
