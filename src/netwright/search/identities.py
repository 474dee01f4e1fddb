"""Ids of rows: whole numbers or strings, found by slot and slots by id."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.search.errors import UnknownIdError
from netwright.search.exact import Slots

Ids = NDArray[Any]
NAMED = 3


class Identities:
    """The id of each slot, and which slots are alive.

    Args:
        ids: by slot; whole numbers, or strings as objects.
        alive: one boolean a slot.
    """

    def __init__(self, ids: Ids | None = None, alive: NDArray[np.bool_] | None = None) -> None:
        self.ids: Ids = np.empty(0, np.int64) if ids is None else ids
        self.alive = np.ones(len(self.ids), np.bool_) if alive is None else alive
        self._slots: dict[Any, int] | None = None

    @property
    def n_dead(self) -> int:
        """How many slots hold rows that were deleted."""
        return len(self.alive) - int(np.count_nonzero(self.alive))

    def living(self) -> Ids:
        """The ids of living slots, in their order."""
        return self.ids[self.alive]

    def slots(self) -> dict[Any, int]:
        """The slot of each living id."""
        if self._slots is None:
            living = np.flatnonzero(self.alive)
            self._slots = dict(zip(self.ids[living].tolist(), living.tolist(), strict=True))
        return self._slots

    def read_new(self, given: Any, n: int) -> Ids:
        """Return checked ids for n new rows; the next whole numbers when None.

        Raises:
            InputError: when they are of the wrong number or kind, or there already.
        """
        if given is None:
            if self.ids.dtype == object and len(self.ids):
                raise InputError("ids must be given", "none", "this index has strings as ids: name the rows")
            start = int(self.ids.max()) + 1 if len(self.ids) else 0
            return np.arange(start, start + n)
        ids = read_ids(given)
        if len(ids) != n:
            raise InputError("ids must be one a vector", f"{len(ids)} for {n} vectors", "name each row")
        if len(self.ids) and ids.dtype != self.ids.dtype:
            kind = "strings" if self.ids.dtype == object else "whole numbers"
            raise InputError(f"ids must be {kind}, as before", repr(ids[0]), "keep to one kind in an index")
        self._check_new(ids)
        return ids

    def find(self, given: Any) -> Slots:
        """Return the slots of ids that must be there.

        Raises:
            UnknownIdError: naming the first of those that are not, and ids of near spelling.
        """
        ids = read_ids(given)
        slots = self.slots()
        found = [slots.get(one, -1) for one in ids.tolist()]
        lacking = [one for one, slot in zip(ids.tolist(), found, strict=True) if slot < 0]
        if lacking:
            raise unknown_ids(lacking, slots)
        if len(set(found)) < len(found):
            raise InputError("ids must be named once", "one of them twice", "leave the second out")
        return np.asarray(found, np.int64)

    def append(self, ids: Ids) -> None:
        """Give ids to new slots."""
        if self._slots is not None:
            self._slots.update(zip(ids.tolist(), range(len(self.ids), len(self.ids) + len(ids)), strict=True))
        self.ids = np.concatenate([self.ids.astype(ids.dtype), ids])
        self.alive = np.concatenate([self.alive, np.ones(len(ids), np.bool_)])

    def bury(self, slots: Slots) -> None:
        """Mark slots as dead."""
        if self._slots is not None:
            for one in self.ids[slots].tolist():
                del self._slots[one]
        self.alive = self.alive.copy()  # what was mapped from a file is not written to
        self.alive[slots] = False

    def take(self, slots: Slots) -> None:
        """Keep these slots, in this order."""
        self.ids, self.alive, self._slots = self.ids[slots], self.alive[slots], None

    def _check_new(self, ids: Ids) -> None:
        known = self.slots() if len(self.ids) else {}
        seen: set[Any] = set()
        for one in ids.tolist():
            if one in known or one in seen:
                mend = "use update() to change its row" if one in known else "name each row once"
                raise InputError("ids must be new", f"{one!r} twice", mend)
            seen.add(one)


def read_ids(given: Any) -> Ids:
    """Return ids as whole numbers from 0, or as strings.

    Raises:
        InputError: when they are neither, or both.
    """
    ids = [given] if isinstance(given, str | int | np.integer) else list(given)
    if all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in ids):
        whole = np.asarray(ids, np.int64)
        if (whole < 0).any():
            raise InputError("ids must be from 0", str(whole.min()), "-1 means that nothing was found")
        return whole
    for one in ids:
        if not isinstance(one, str) or not one:
            raise InputError("ids must be whole numbers or non-empty strings", repr(one), "keep to one kind")
    strings = np.empty(len(ids), object)
    strings[:] = [str(one) for one in ids]
    return strings


def unknown_ids(lacking: Sequence[Any], known: Iterable[Any]) -> UnknownIdError:
    """Return the error that names ids which are not there."""
    said = ", ".join(map(repr, lacking[:NAMED])) + (
        f" and {len(lacking) - NAMED} more" if lacking[NAMED:] else ""
    )
    first, near = lacking[0], list[str]()
    if isinstance(first, str):
        near = difflib.get_close_matches(first, [one for one in known if isinstance(one, str)], n=NAMED)
    mend = f"did you mean {', '.join(map(repr, near))}?" if near else "use add() for new rows"
    return UnknownIdError("ids must be in the index", said, mend)
