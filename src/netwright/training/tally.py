"""The losses of an epoch: summed where they arise, read seldom, and watched for what is not finite."""

import math
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor


class NotFiniteError(ArithmeticError):
    """A loss stopped being a finite number.

    Args:
        value: of the loss.
        place: of the player whose loss it is.
        step: of the epoch, from 1, in which it was; 0 when another process knows.

    Example:
        >>> NotFiniteError(math.nan, 0, 7).step
        7
    """

    def __init__(self, value: float, place: int, step: int) -> None:
        super().__init__(value, place, step)
        self.value, self.place, self.step = value, place, step


@final
class Tally:
    """Sums the losses of each player over the rows of an epoch.

    Args:
        n_players: how many there are.
        read_every: losses that wait on the device until they are read together; 1 reads each at once, which
            costs nothing on the processor.
        any_of_all: whether a flag is set on any of the processes.

    Example:
        >>> tally = Tally(n_players=1, read_every=1)
        >>> tally.add(0, torch.tensor(3.0), n_rows=2, step=1)
        >>> tally.add(0, torch.tensor(6.0), n_rows=1, step=2)
        >>> tally.sums, tally.rows
        ([12.0], [3])
    """

    def __init__(self, n_players: int, read_every: int, any_of_all: Callable[[bool], bool] = bool) -> None:
        self.n_players, self.read_every, self.any_of_all = n_players, read_every, any_of_all
        self.clear()

    def clear(self) -> None:
        """Begin an epoch."""
        self.sums, self.rows = [0.0] * self.n_players, [0] * self.n_players
        self._waiting: list[tuple[int, int, int, Tensor]] = []

    def add(self, place: int, loss: Tensor, n_rows: int, step: int) -> None:
        """Add the mean loss of a player over some rows.

        Raises:
            NotFiniteError: when a loss that is read now is not finite.
        """
        if self.read_every == 1:
            value = loss.item()
            if not math.isfinite(value):
                raise NotFiniteError(value, place, step)
            self.sums[place] += value * n_rows
            self.rows[place] += n_rows
            return
        self._waiting.append((place, n_rows, step, loss))
        if len(self._waiting) >= self.read_every:
            self.read()

    def read(self) -> None:
        """Read the losses that wait.

        Raises:
            NotFiniteError: when one is not finite, here or on another process.
        """
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        values = torch.stack([loss for *_, loss in waiting]).tolist()
        bad: list[NotFiniteError] = []
        for (place, n_rows, step, _), value in zip(waiting, values, strict=True):
            if not math.isfinite(value):
                bad.append(NotFiniteError(value, place, step))
            self.sums[place] += value * n_rows
            self.rows[place] += n_rows
        if self.any_of_all(bool(bad)):
            raise bad[0] if bad else NotFiniteError(math.nan, 0, 0)

    def state(self) -> dict[str, Any]:
        """Return the sums, read."""
        self.read()
        return {"sums": list(self.sums), "rows": list(self.rows)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self.clear()
        self.sums, self.rows = list(state["sums"]), list(state["rows"])
