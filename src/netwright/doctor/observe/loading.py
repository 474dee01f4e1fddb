"""Which loader gave which batch, and how often each was started."""

import weakref
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_flatten

from netwright.doctor.observe.facts import Facts, Loader
from netwright.doctor.observe.places import Line

MOST_ROWS = 10_000
"""Of one loader whose batches are kept."""
WHOLE_FIRST_BATCHES = 4


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
        self.batch: tuple[Tensor, ...] = ()

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
        tensors = tuple(one for one in tree_flatten(batch)[0] if isinstance(one, Tensor))
        facts.n_batches += 1
        facts.waited += waited
        rows = len(tensors[0]) if tensors and tensors[0].ndim else 0
        if facts.starts <= 2 and rows * len(facts.batches) < MOST_ROWS:
            facts.batches.append(tensors)
        if rows and not facts.first_rows[-1]:
            whole = len(facts.first_rows) <= WHOLE_FIRST_BATCHES
            facts.first_rows[-1] = tensors if whole else (tensors[0][:0],)
        self.current, self.batch = facts, tensors
