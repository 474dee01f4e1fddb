"""Which loader gave which batch, and how often each was started."""

import weakref
from collections import deque
from typing import Any

from torch import Tensor

from netwright.doctor.observe.facts import Facts, Loader
from netwright.doctor.observe.places import Line
from netwright.doctor.observe.recorder import tensors_of

MOST_ROWS = 10_000
"""Of one loader whose batches are kept."""
WHOLE_FIRST_BATCHES = 4
MOST_AHEAD = 4
"""Batches among which the one that enters a network is sought."""


class Loading:
    """Keeps the facts of loaders, and the batch that was given last.

    Args:
        facts: to which loaders are added.

    Example:
        >>> Loading(Facts()).batch
        ()
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.loaders: dict[int, Loader] = {}
        self.iterators: weakref.WeakKeyDictionary[Any, Loader] = weakref.WeakKeyDictionary()
        self.current: Loader | None = None
        self.recent: deque[tuple[Tensor, ...]] = deque([()], maxlen=MOST_AHEAD)

    @property
    def batch(self) -> tuple[Tensor, ...]:
        """The tensors that were given last."""
        return self.recent[-1]

    def learn(self) -> None:
        """Hear that something is learned from the last batch."""
        if self.current is not None and self.batch:
            self.current.trained = True

    def batch_of(self, args: Any, kwargs: Any) -> tuple[Tensor, ...]:
        """Return the batch from which the arguments of a call come; the last one where that is not seen.

        Loaders that look ahead have given another one since.

        Args:
            args: of the call.
            kwargs: of the call.
        """
        entered = {one.data_ptr() for one in tensors_of(args, kwargs)}
        fitting = (one for one in reversed(self.recent) if any(part.data_ptr() in entered for part in one))
        return next(fitting, self.batch)

    @property
    def number(self) -> int:
        """Place of the current loader among all, -1 without."""
        return next((place for place, one in enumerate(self.facts.loaders) if one is self.current), -1)

    def start(self, loader: Any, iterator: Any, line: Line | None) -> Loader:
        """Hear that a loader begins, and return its facts as they were before.

        Args:
            loader: of torch.
            iterator: that will give the batches.
            line: of the user's code.
        """
        facts = self.loaders.get(id(loader))
        if facts is None:
            facts = self.loaders[id(loader)] = Loader(loader, line)
            self.facts.loaders.append(facts)
        facts.starts += 1
        facts.first_rows.append(())
        self.iterators[iterator] = facts
        return facts

    def give(self, iterator: Any, batch: Any, waited: float) -> None:
        """Hear that a batch was given.

        Args:
            iterator: that gave it.
            batch: nested tensors.
            waited: seconds.
        """
        facts = self.iterators.get(iterator)
        if facts is None:
            return
        tensors = tuple(tensors_of(batch if isinstance(batch, list | tuple) else (batch,), {}))
        facts.n_batches += 1
        facts.waited += waited
        rows = len(tensors[0]) if tensors and tensors[0].ndim else 0
        if facts.starts <= 2 and rows * len(facts.batches) < MOST_ROWS:
            facts.batches.append(tensors)
        if rows and not facts.first_rows[-1]:
            whole = len(facts.first_rows) <= WHOLE_FIRST_BATCHES
            facts.first_rows[-1] = tensors if whole else (tensors[0][:0],)
        self.current = facts
        self.recent.append(tensors)
