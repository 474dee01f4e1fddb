"""The index in PostgreSQL: one table with pgvector, shared by many programs."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self, final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from netwright.core.errors import InputError
from netwright.search.errors import ExtraError
from netwright.search.filters import Where, check_column, mask_of
from netwright.search.found import Found
from netwright.search.identities import read_ids
from netwright.search.metadata import read_metadata
from netwright.search.metric import Floats, read_metric
from netwright.search.reading import read_k, read_vectors
from netwright.search.recall import recall_at_k
from netwright.search.settings import HNSW, Exact
from netwright.search.structures.base import rising

try:
    import psycopg
    from pgvector import Vector
    from psycopg.types.json import Jsonb

    from netwright.search import postgres_sql as statements
    from netwright.search.postgres_table import MOST_EFFORT, PostgresTable, scores_and_ids
except ImportError as error:
    raise ExtraError(
        "PostgresIndex needs psycopg and pgvector", str(error), "pip install 'netwright[search-server]'"
    ) from error


@final
class PostgresIndex:
    """Nearest vectors in a table of PostgreSQL, with the interface of `Index`.

    Use it where several services share an index, or where it must live with other tables in one transaction.
    Every change is one transaction; inside a transaction of your own connection it is part of that. Names
    are quoted and values are parameters, so that neither a table's name nor a filter can inject SQL.

        SELECT id FROM table WHERE filter ORDER BY embedding <=> query LIMIT k

    Scores are those of `Index`, to the rounding of single precision. Rows are saved by the server.

    Args:
        connection: an open psycopg connection, or the words that open one ("postgresql://..."). Words open a
            connection that `close` closes.
        table: made with the first rows; what stands in it is taken over when an index made it.
        metric: as in `Index`.
        structure: `Exact()` compares with every row; `HNSW(...)` has a graph built after the first.
        recall: what `tune` reaches for.

    Raises:
        InputError: when the table is somebody else's, or was made for another metric.
        ExtraError: when psycopg or pgvector is not installed.

    Example:
        >>> PostgresIndex(None, "shop", metric="far")
        Traceback (most recent call last):
        netwright.core.errors.InputError: metric must be one that an index knows, got 'far'; use cosine, ...

    Source:
        Malkov and Yashunin (2016), "Efficient and robust approximate nearest neighbor search using
        Hierarchical Navigable Small World graphs", arXiv:1603.09320.
    """

    def __init__(
        self,
        connection: Any,
        table: str,
        metric: str = "cosine",
        structure: Exact | HNSW | None = None,
        *,
        recall: float = 0.95,
    ) -> None:
        self.metric, self.recall = read_metric(metric), recall
        structure = Exact() if structure is None else structure
        if not isinstance(structure, Exact | HNSW):
            raise InputError("structure must be Exact() or HNSW()", repr(structure), "pgvector has no other")
        self._owns = isinstance(connection, str)
        connection = psycopg.connect(connection, autocommit=True) if self._owns else connection
        self._table = PostgresTable(connection, table, self.metric, structure)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        return 0 if self._table.made is None else int(self._table.ask("SELECT count(*) FROM {}")[0][0])

    def __contains__(self, one: object) -> bool:
        made = self._table.made
        if made is None or isinstance(one, str) != (made["ids"] == "text"):
            return False
        return bool(self._table.ask("SELECT 1 FROM {} WHERE id = %s", [one]))

    @property
    def width(self) -> int | None:
        """Numbers in a vector; None before the first rows."""
        return self._table.width

    @property
    def structure(self) -> Exact | HNSW:
        """The settings in use."""
        return self._table.structure

    @property
    def ids(self) -> NDArray[Any]:
        """The ids of all rows, in the order of `metadata` and of masks."""
        made = self._table.made
        found = [] if made is None else [row[0] for row in self._table.ask("SELECT id FROM {} ORDER BY slot")]
        return read_ids(found)

    @property
    def metadata(self) -> pd.DataFrame:
        """What is known of the rows, by id."""
        made = self._table.made
        lines = [] if made is None else self._table.ask("SELECT id, metadata FROM {} ORDER BY slot")
        return pd.DataFrame([line[1] for line in lines], index=pd.Index([line[0] for line in lines]))

    def close(self) -> None:
        """Close the connection if it was opened here."""
        if self._owns:
            self._table.connection.close()

    def drop(self) -> None:
        """Remove the table and all its rows."""
        self._table.drop()

    def vectors(self, ids: ArrayLike) -> Floats:
        """Return the vectors of rows, of length one under the cosine.

        Args:
            ids: of rows in the index.

        Raises:
            UnknownIdError: when one is not there.
        """
        wanted = self._table.known(ids)
        rows = dict(self._table.ask("SELECT id, embedding FROM {} WHERE id = ANY(%s)", [wanted]))
        return np.array([rows[one].to_numpy() for one in wanted], np.float32)

    def add(self, vectors: ArrayLike, ids: ArrayLike | None = None, metadata: Any = None) -> Self:
        """Add rows, as `Index.add` does.

        Args:
            vectors: (rows, width), or one vector.
            ids: whole numbers from 0, or strings; the next whole numbers when None.
            metadata: a dict of columns or a frame.

        Raises:
            DimensionError: when the width is another one.
            InputError: when an id is there already, or values cannot be used.
        """
        rows = read_vectors("vectors", vectors, self.width, self.metric)
        given = None if ids is None else read_ids(ids)
        if given is not None and len(given) != len(rows):
            raise InputError(
                "ids must be one a vector", f"{len(given)} for {len(rows)} vectors", "name each row"
            )
        lines = statements.plain_lines(read_metadata(metadata, len(rows)))
        try:
            if len(rows):
                self._table.insert(rows, given, lines)
        except psycopg.errors.UniqueViolation as error:
            said = str(error.diag.message_detail)
            raise InputError("ids must be new", said, "use update() to change a row") from error
        return self

    def update(self, ids: ArrayLike, vectors: ArrayLike | None = None, metadata: Any = None) -> Self:
        """Change rows that are there, as `Index.update` does.

        Args:
            ids: of rows in the index.
            vectors: one a row; unchanged when None.
            metadata: columns to overwrite; the others stay.

        Raises:
            UnknownIdError: when an id is not there.
            InputError: as `add`.
        """
        wanted = self._table.known(ids)
        rows = None if vectors is None else read_vectors("vectors", vectors, self.width, self.metric)
        if rows is not None and len(rows) != len(wanted):
            raise InputError("vectors must be one an id", f"{len(rows)} for {len(wanted)} ids", "align them")
        lines = None if metadata is None else statements.plain_lines(read_metadata(metadata, len(wanted)))
        with self._table.connection.transaction():
            if rows is not None:
                self._table.change("embedding", [Vector(row) for row in rows], wanted)
            if lines is not None:
                self._table.change("metadata", [Jsonb(line) for line in lines], wanted)
        return self

    def delete(self, ids: ArrayLike) -> Self:
        """Take rows out; no search finds them from now on.

        Args:
            ids: of rows in the index.

        Raises:
            UnknownIdError: when an id is not there; nothing is deleted then.
        """
        if wanted := self._table.known(ids):
            self._table.ask("DELETE FROM {} WHERE id = ANY(%s)", [wanted])
        return self

    def search(self, queries: ArrayLike, k: int = 10, where: Where | None = None) -> Found:
        """Return the k nearest rows of each query, as `Index.search` does.

        Args:
            queries: (queries, width), or one vector.
            k: how many.
            where: which rows may be found: a dict becomes SQL; a mask or a function reads the metadata first.

        Raises:
            DimensionError: when the queries have another width.
            FilterError: when the filter names no column, or compares what cannot be compared.
        """
        k, rows = read_k(k), read_vectors("queries", queries, self.width, self.metric)
        return self._search(rows, k, where, exactly=False)

    def tune(self, queries: ArrayLike, k: int = 10) -> Self:
        """Set the least effort of the graph that reaches the recall on these queries.

        Args:
            queries: some hundred vectors as they will be asked.
            k: neighbours that will be asked for.
        """
        rows = read_vectors("queries", queries, self.width, self.metric)
        if isinstance(self.structure, HNSW) and len(self):
            truth = self._search(rows, read_k(k), None, exactly=True).ids
            for effort in rising(k, MOST_EFFORT):
                self._table.structure = dataclasses.replace(self.structure, search_effort=effort)
                if recall_at_k(self.search(rows, k).ids, truth) >= self.recall:
                    break
        return self

    def compact(self) -> Self:
        """Have the server give back the room of deleted rows; not inside a transaction."""
        if self._table.made is not None:
            self._table.give_back()
        return self

    def _search(self, rows: Floats, k: int, where: Where | None, *, exactly: bool) -> Found:
        made = self._table.made
        found = [] if made is None else self._table.search(rows, k, self._clause(where), exactly=exactly)
        if not found and made is not None and isinstance(where, Mapping):
            for column in where:  # a typing error looks like a filter that keeps nothing
                check_column(str(column), self._table.columns())
        words = made is not None and made["ids"] == "text"
        return Found(*scores_and_ids(found, len(rows), k, self.metric, words=words))

    def _clause(self, where: Where | None) -> Any:
        if where is None:
            return statements.EVERYTHING
        if isinstance(where, Mapping):
            return statements.clause_of(where)
        frame = self.metadata
        return statements.clause_of_ids(frame.index[mask_of(where, frame)].tolist())
