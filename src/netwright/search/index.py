"""The index over vectors: ids, metadata, filters, updates and files around one structure."""

from pathlib import Path
from typing import Any, Self, final

import pandas as pd
from numpy.typing import ArrayLike, NDArray

from netwright.core.errors import InputError
from netwright.search.building import TUNED_FOR, Plan
from netwright.search.filters import Where
from netwright.search.found import Found, ids_at
from netwright.search.holding import Holding
from netwright.search.metadata import read_metadata
from netwright.search.metric import Floats, read_metric, scores_of
from netwright.search.reading import read_k, read_vectors
from netwright.search.settings import Settings
from netwright.search.storage import load_whole, save_whole
from netwright.search.structures import check_fit


@final
class Index:
    """Nearest vectors, with ids, metadata, filters, changes and files.

    Use it wherever vectors are searched: embeddings of texts, products, pictures. It compares with every row
    while that is quick, and builds a graph or cells when rows become many; how hard these search is measured
    on held-out rows, so that the wanted recall is reached. `choices` says what was chosen and why.

        search(q, k) = the k rows x of the best score(q, x) among those that `where` allows

    Scores are in the metric's own direction: similarities for cosine and inner_product (higher is nearer),
    distances for l2 and l1 (lower is nearer). Under the cosine, vectors are kept at length one.

    Changes are visible to the next search. One thread changes an index at a time; many may search it.

    Args:
        metric: cosine, inner_product, l2 or l1; see `Metric`.
        structure: `Exact()`, `HNSW()`, `IVF()`, `PQ()`, `SQ()` or `Anisotropic()`; chosen by the number of
            rows when None. What is learned from rows compares with each of them until there are enough.
        recall: share of the true 10 nearest that must be found.
        random_state: seed of what is drawn. A graph is the same twice only when it is built by one thread.

    Raises:
        InputError: when one of them cannot be used.

    Example:
        >>> index = Index("cosine").add(
        ...     [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], ids=["east", "north", "between"],
        ...     metadata={"year": [1999, 2004, 2011]},
        ... )
        >>> index.search([2.0, 0.1], k=1).pairs(0)[0][0]
        'east'
        >>> index.search([2.0, 0.1], k=1, where={"year": (">=", 2000)}).ids.tolist()
        [['between']]
        >>> index.delete(["between"]).search([2.0, 0.1], k=1, where={"year": (">=", 2000)}).ids.tolist()
        [['north']]

    Source:
        Douze et al. (2024), "The Faiss library", arXiv:2401.08281.
    """

    def __init__(
        self,
        metric: str = "cosine",
        structure: Settings | None = None,
        *,
        recall: float = 0.95,
        random_state: int = 0,
    ) -> None:
        if not 0.0 < recall <= 1.0:
            raise InputError("recall must be above 0 and at most 1", str(recall), "0.95 suits most uses")
        self.metric = read_metric(metric)
        if structure is not None:
            check_fit(structure, self.metric)
        self.recall = recall
        self._holding = Holding(Plan(self.metric, structure, recall, random_state))

    def __len__(self) -> int:
        return len(self._holding)

    def __contains__(self, one: object) -> bool:
        return one in self._holding.identities.slots()

    def __repr__(self) -> str:
        return f"Index({self.metric.value!r}, {self.structure}, rows={len(self):,}, width={self.width})"

    @property
    def width(self) -> int | None:
        """Numbers in a vector; None before the first rows."""
        structure = self._holding.structure
        return None if structure is None else structure.width

    @property
    def structure(self) -> Settings | None:
        """The settings in use, every number chosen; give them to another index to have it built alike."""
        held = self._holding
        return held.plan.structure if held.structure is None else held.structure.settings

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen, and why, in a sentence each."""
        return dict(self._holding.choices)

    @property
    def ids(self) -> NDArray[Any]:
        """The ids of all rows, in the order of `metadata` and of masks."""
        return self._holding.identities.living()

    @property
    def metadata(self) -> pd.DataFrame:
        """What is known of the rows, a copy by id."""
        return self._holding.living_metadata()

    def vectors(self, ids: ArrayLike) -> Floats:
        """Return the vectors of rows, of length one under the cosine.

        Args:
            ids: of rows in the index.

        Raises:
            UnknownIdError: when one is not there.
        """
        slots = self._holding.identities.find(ids)
        return self._holding.built().vectors[slots]

    def add(self, vectors: ArrayLike, ids: ArrayLike | None = None, metadata: Any = None) -> Self:
        """Add rows.

        Args:
            vectors: (rows, width), or one vector.
            ids: whole numbers from 0, or strings; the next whole numbers when None.
            metadata: a dict of columns or a frame: words, numbers, booleans, naive dates.

        Raises:
            DimensionError: when the width is another one.
            InputError: when an id is there already, or values cannot be used.
        """
        rows = read_vectors("vectors", vectors, self.width, self.metric)
        new_ids = self._holding.identities.read_new(ids, len(rows))
        frame = read_metadata(metadata, len(rows))
        if len(rows):
            self._holding.append(rows, new_ids, frame)
        return self

    def update(self, ids: ArrayLike, vectors: ArrayLike | None = None, metadata: Any = None) -> Self:
        """Change the vectors, or columns of the metadata, of rows that are there.

        Args:
            ids: of rows in the index.
            vectors: one a row; unchanged when None.
            metadata: columns to overwrite; the others stay.

        Raises:
            UnknownIdError: when an id is not there.
            InputError: as `add`.
        """
        slots = self._holding.identities.find(ids)
        rows = None if vectors is None else read_vectors("vectors", vectors, self.width, self.metric)
        if rows is not None and len(rows) != len(slots):
            raise InputError("vectors must be one an id", f"{len(rows)} for {len(slots)} ids", "align them")
        if metadata is not None:
            self._holding.metadata.put(slots, read_metadata(metadata, len(slots)))
        if rows is not None and len(rows):
            self._holding.overwrite(slots, rows)
        return self

    def delete(self, ids: ArrayLike) -> Self:
        """Take rows out; no search finds them from now on.

        Args:
            ids: of rows in the index.

        Raises:
            UnknownIdError: when an id is not there; nothing is deleted then.
        """
        self._holding.take_out(self._holding.identities.find(ids))
        return self

    def search(self, queries: ArrayLike, k: int = 10, where: Where | None = None) -> Found:
        """Return the k nearest rows of each query.

        Args:
            queries: (queries, width), or one vector.
            k: how many.
            where: which rows may be found: by column a value, a list of values, (sign, value) with a sign of
                == != < <= > >= in, not in, or a list of such pairs; or a boolean mask in the order of `ids`;
                or a function of the metadata frame that gives one. Few rows are compared exactly.

        Raises:
            DimensionError: when the queries have another width.
            FilterError: when the filter names no column, or compares what cannot be compared.
        """
        k = read_k(k)
        rows = read_vectors("queries", queries, self.width, self.metric)
        costs, slots = self._holding.search(rows, k, where)
        return Found(ids_at(slots, self._holding.identities.ids), scores_of(costs, self.metric))

    def tune(self, queries: ArrayLike, k: int = TUNED_FOR) -> Self:
        """Measure the effort anew on queries of your own, which tell more than held-out rows.

        Args:
            queries: some hundred vectors as they will be asked.
            k: neighbours that will be asked for.

        Raises:
            InputError: when the index is empty.
        """
        rows = read_vectors("queries", queries, self.width, self.metric)
        self._holding.tune(rows, read_k(k))
        return self

    def compact(self) -> Self:
        """Build anew from the living rows: dead ones are dropped, and what is learned is learned again."""
        self._holding.compact()
        return self

    def save(self, folder: str | Path) -> None:
        """Write the index into a folder, whole or not at all; other files there are left alone.

        Killed at any moment, the folder holds the index as it was before or as it is after. One process saves
        into a folder at a time.

        Args:
            folder: made where it is lacking.

        Raises:
            InputError: when it is a file.
            OSError: when it cannot be written.
        """
        save_whole(Path(folder), self._holding)

    @classmethod
    def load(cls, folder: str | Path, *, memory_map: bool = False) -> Self:
        """Read an index that `save` wrote; no code of the folder runs.

        Args:
            folder: what was saved.
            memory_map: leave vectors and graph on the disk, read as they are needed, and check sizes alone;
                otherwise everything is read and its fingerprints checked.

        Raises:
            IndexFolderError: when it holds no index, or one that was cut or changed.
        """
        holding = load_whole(Path(folder), memory_map=memory_map)
        plan = holding.plan
        self = cls(plan.metric, plan.structure, recall=plan.recall, random_state=plan.random_state)
        self._holding = holding
        return self
