"""What an index holds, slot by slot, and how each change keeps structure, ids and metadata in step."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.search.building import TUNED_FOR, Plan, build, said_of
from netwright.search.choosing import choose
from netwright.search.exact import Slots
from netwright.search.filters import Where, mask_of
from netwright.search.identities import Identities
from netwright.search.metadata import Metadata
from netwright.search.metric import Floats
from netwright.search.structures import Structure
from netwright.search.tuning import tune

FEWEST_QUERIES, MOST_QUERIES = 50, 1_000


@dataclass
class Holding:
    """Rows of an index.

    Args:
        plan: what was asked for.
        identities: ids by slot.
        metadata: lines by slot.
        structure: vectors by slot; None before the first.
        choices: what was chosen and why.
        tuned_at: rows there were when the effort was measured; 0 when it was not.
    """

    plan: Plan
    identities: Identities = field(default_factory=Identities)
    metadata: Metadata = field(default_factory=Metadata)
    structure: Structure[Any] | None = None
    choices: dict[str, str] = field(default_factory=dict)
    tuned_at: int = 0

    def __len__(self) -> int:
        return len(self.identities.ids) - self.identities.n_dead

    def built(self) -> Structure[Any]:
        """Return the structure, which only rows make."""
        if self.structure is None:
            raise InputError("the index must hold rows", "none", "add() some first")
        return self.structure

    def living_metadata(self) -> pd.DataFrame:
        """Return the lines of living rows, by id."""
        return self.metadata.frame[self.identities.alive].set_axis(pd.Index(self.identities.living()), axis=0)

    def search(self, queries: Floats, k: int, where: Where | None) -> tuple[Floats, Slots]:
        """Return costs and slots of the k nearest rows that `where` allows."""
        allowed = self.allowed(where)
        if self.structure is None:
            return np.full((len(queries), k), np.inf, np.float32), np.full((len(queries), k), -1, np.int64)
        return self.structure.search(queries, k, allowed)

    def allowed(self, where: Where | None) -> NDArray[np.bool_] | None:
        """Return one boolean a slot; None when every slot is allowed."""
        alive = self.identities.alive
        if where is None:
            return alive if self.identities.n_dead else None
        allowed = np.array(alive)
        allowed[alive] = mask_of(where, self.living_metadata())
        return allowed

    def append(self, rows: Floats, ids: NDArray[Any], frame: pd.DataFrame) -> None:
        """Add rows; the structure is built anew where so many want another one."""
        plan, structure = self.plan, self.structure
        n = len(self.identities.ids) + len(rows)
        settings, _ = choose(plan.structure, n, rows.shape[1], plan.metric, plan.recall)
        self.identities.append(ids)
        self.metadata.append(frame)
        if structure is None:
            self._build(rows)
        elif type(settings) is not type(structure.settings):
            self._build(np.concatenate([structure.vectors, rows]))
        else:
            if self.tuned_at and n >= 2 * self.tuned_at and len(rows) >= FEWEST_QUERIES:
                self.tune(rows[:: -(-len(rows) // MOST_QUERIES)], TUNED_FOR)  # not added yet: held out
            structure.add(rows)

    def overwrite(self, slots: Slots, rows: Floats) -> None:
        """Give rows other vectors: in place, or as new rows beside the dead ones."""
        structure = self.built()
        if structure.changes_in_place:
            structure.put(slots, rows)
            return
        ids, lines = self.identities.ids[slots], self.metadata.frame.iloc[slots].reset_index(drop=True)
        self.identities.bury(slots)
        self.append(rows, ids, lines)
        self._compact_if_half_dead()

    def take_out(self, slots: Slots) -> None:
        """Remove rows, or mark them as dead."""
        if self.structure is not None and self.structure.changes_in_place:
            self._keep(moved_into(self.structure, slots))
        elif len(slots):
            self.identities.bury(slots)
            self._compact_if_half_dead()

    def compact(self) -> None:
        """Build anew from the living rows."""
        if len(self):
            living = np.flatnonzero(self.identities.alive)
            self._keep(living)
            self._build(self.built().vectors[living])

    def tune(self, queries: Floats, k: int) -> None:
        """Measure on these queries how hard to search."""
        structure = self.built()
        alive = self.identities.alive[: len(structure.vectors)]
        tuned = tune(structure, queries, k, self.plan.recall, None if alive.all() else alive)
        self.choices |= said_of(tuned, self.plan.recall, k)
        self.tuned_at = len(self.identities.ids)

    def _build(self, vectors: Floats) -> None:
        built = build(vectors, self.plan)
        self.structure, self.choices = built.structure, built.choices
        self.tuned_at = len(vectors) if "effort" in built.choices else 0
        if (np.diff(built.order) != 1).any():
            self._keep(built.order)

    def _keep(self, slots: Slots) -> None:
        self.identities.take(slots)
        self.metadata.take(slots)

    def _compact_if_half_dead(self) -> None:
        if self.identities.n_dead > len(self):
            self.compact()


def moved_into(structure: Structure[Any], slots: Slots) -> Slots:
    """Fill the places of deleted rows with the last ones, and return where each row stood before."""
    n, left = len(structure.vectors), len(structure.vectors) - len(slots)
    order = np.arange(left)
    holes = slots[slots < left]
    order[holes] = np.setdiff1d(np.arange(left, n), slots)
    if len(holes):
        structure.put(holes, structure.vectors[order[holes]])
    structure.cut(left)
    return order
