"""One table of PostgreSQL that holds an index: made, filled, changed and searched."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector
from pgvector.psycopg import register_vector
from psycopg import sql
from psycopg.types.json import Jsonb

from netwright.core.errors import InputError
from netwright.search import postgres_sql as statements
from netwright.search.identities import read_ids, unknown_ids
from netwright.search.metric import Floats, Metric
from netwright.search.postgres_sql import Clause
from netwright.search.settings import HNSW, Exact
from netwright.search.structures.base import SCANS_A_STEP

EFFORT, MOST_EFFORT, WIDEST_GRAPH = 100, 1000, 2000
"""Of a search where nothing was measured, and pgvector's limits."""


class PostgresTable:
    """The table of an index.

    Args:
        connection: of psycopg.
        name: of the table; quoted wherever it stands.
        metric: what is near.
        structure: with a graph or without.
    """

    def __init__(self, connection: Any, name: str, metric: Metric, structure: Exact | HNSW) -> None:
        self.connection, self.name, self.metric, self.structure = connection, name, metric, structure
        self._identifier = sql.Identifier(name)
        with connection.transaction():
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        self.made = self._open()

    @property
    def width(self) -> int | None:
        """Numbers in a vector; None before there is a table."""
        return None if self.made is None else int(self.made["width"])

    def ask(self, statement: str | sql.Composed, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement in a transaction, the table's name in place of {}, and return its rows."""
        text = sql.SQL(statement).format(self._identifier) if isinstance(statement, str) else statement
        with self.connection.transaction():
            done = self.connection.execute(text, list(values) or None)
            return list(done.fetchall()) if done.description else []

    def known(self, ids: Any) -> list[Any]:
        """Return ids that must be there."""
        wanted: list[Any] = list(read_ids(ids).tolist())
        if len(set(wanted)) < len(wanted):
            raise InputError("ids must be named once", "one of them twice", "leave the second out")
        if not wanted:
            return []
        kind = "text" if isinstance(wanted[0], str) else "bigint"
        if self.made is None or self.made["ids"] != kind:
            raise unknown_ids(wanted, [])
        there = {row[0] for row in self.ask("SELECT id FROM {} WHERE id = ANY(%s)", [wanted])}
        lacking = [one for one in wanted if one not in there]
        if lacking:
            raise unknown_ids(lacking, [row[0] for row in self.ask("SELECT id FROM {} LIMIT 100000")])
        return wanted

    def insert(self, rows: Floats, ids: NDArray[Any] | None, lines: list[dict[str, Any]]) -> None:
        """Add rows in one transaction; the first ones make the table, and after them the graph."""
        kind = "bigint" if ids is None or ids.dtype != object else "text"
        if self.made is not None and self.made["ids"] != kind:
            raise InputError(
                f"ids must be {self.made['ids']}, as before", kind, "keep to one kind in an index"
            )
        with self.connection.transaction():
            made = self.made or self._make(kind, rows.shape[1])
            self._copy(rows, self._next_ids(len(rows)) if ids is None else ids.tolist(), lines)
            if self.made is None and isinstance(self.structure, HNSW):
                links, effort = self.structure.links, self.structure.build_effort
                self.ask(statements.create_graph(self._identifier, self.metric, links, effort))
        self.made = made

    def change(self, column: str, values: Sequence[Any], ids: Sequence[Any]) -> None:
        """Overwrite vectors, or columns of the metadata, of rows."""
        new = {"embedding": sql.SQL("%s"), "metadata": sql.SQL("metadata || %s")}[column]
        text = sql.SQL("UPDATE {} SET {} = {} WHERE id = %s").format(
            self._identifier, sql.Identifier(column), new
        )
        with self.connection.cursor() as cursor:
            cursor.executemany(text, list(zip(values, ids, strict=True)))

    def search(
        self, queries: Floats, k: int, clause: Clause, *, exactly: bool
    ) -> list[tuple[int, Any, float]]:
        """Return (number of the query from 1, id, pgvector's distance), the nearest first."""
        asked = [Vector(query) for query in queries]
        with self.connection.transaction():
            graph = isinstance(self.structure, HNSW) and not exactly and self._is_worth_a_walk(clause)
            self._set("jit", "off")
            self._set("enable_indexscan", "on" if graph else "off")
            if graph:
                self._set("hnsw.ef_search", str(min(MOST_EFFORT, max(k, self.effort()))))
                self._set("hnsw.iterative_scan", "strict_order")
                self._set("hnsw.max_scan_tuples", str(2**31 - 1))
            text = statements.nearest(self._identifier, self.metric, clause, exactly=not graph)
            return self.ask(text, [asked, *clause.values, k])

    def effort(self) -> int:
        """Rows kept during a search of the graph."""
        asked = self.structure.search_effort if isinstance(self.structure, HNSW) else None
        return asked or EFFORT

    def columns(self) -> list[str]:
        """The columns that any row's metadata has."""
        return [row[0] for row in self.ask("SELECT DISTINCT jsonb_object_keys(metadata) FROM {} ORDER BY 1")]

    def give_back(self) -> None:
        """Have the server reuse the room of deleted rows."""
        self.connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(self._identifier))

    def drop(self) -> None:
        """Remove the table."""
        if self.made is not None:
            self.ask("DROP TABLE {}")
            self.made = None

    def _is_worth_a_walk(self, clause: Clause) -> bool:
        """Whether a filter keeps so many rows that walking the graph takes less than comparing with each."""
        if clause is statements.EVERYTHING:
            return True
        text = sql.SQL("SELECT count(*) FILTER (WHERE {}), count(*) FROM {}").format(
            clause.text, self._identifier
        )
        ((allowed, n),) = self.ask(text, clause.values)
        return bool(allowed * allowed > SCANS_A_STEP * self.effort() * max(1, n))

    def _set(self, name: str, value: str) -> None:
        self.connection.execute("SELECT set_config(%s, %s, true)", [name, value])

    def _open(self) -> dict[str, Any] | None:
        """Return what the table was made for; None where there is none."""
        quoted = self._identifier.as_string(self.connection)
        found = self.connection.execute(
            "SELECT c.oid, obj_description(c.oid, 'pg_class') FROM pg_class c WHERE c.oid = to_regclass(%s)",
            [quoted],
        ).fetchone()
        if found is None:
            return None
        made = statements.settings_of(found[1])
        if made is None:
            raise InputError("table must be new or one of an index", repr(self.name), "name another table")
        if made["metric"] != self.metric.value:
            raise InputError(
                f"metric must be {made['metric']}, as the table has",
                self.metric.value,
                "name that, or another table",
            )
        return made

    def _make(self, kind: str, width: int) -> dict[str, Any]:
        if isinstance(self.structure, HNSW) and width > WIDEST_GRAPH:
            raise InputError(
                f"HNSW() in PostgreSQL takes at most {WIDEST_GRAPH} dimensions", str(width), "use Exact()"
            )
        made = {"format": "netwright-index", "metric": self.metric.value, "width": width, "ids": kind}
        self.ask(statements.create_table(self._identifier, kind, width))
        comment = sql.SQL("COMMENT ON TABLE {} IS {}").format(self._identifier, sql.Literal(json.dumps(made)))
        self.ask(comment)
        return made

    def _next_ids(self, n: int) -> list[int]:
        self.ask("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE")  # two writers would take the same numbers
        ((start,),) = self.ask("SELECT coalesce(max(id) + 1, 0) FROM {}")
        return list(range(start, start + n))

    def _copy(self, rows: Floats, ids: Sequence[Any], lines: list[dict[str, Any]]) -> None:
        text = sql.SQL("COPY {} (id, embedding, metadata) FROM STDIN WITH (FORMAT BINARY)").format(
            self._identifier
        )
        kind = "text" if isinstance(ids[0], str) else "int8"
        with self.connection.cursor() as cursor, cursor.copy(text) as copy:
            copy.set_types([kind, "vector", "jsonb"])
            for one, row, line in zip(ids, rows, lines, strict=True):
                copy.write_row((one, Vector(row), Jsonb(line)))


def scores_and_ids(
    found: list[tuple[int, Any, float]], n: int, k: int, metric: Metric, *, words: bool
) -> tuple[NDArray[Any], Floats]:
    """Return ids and scores, (query, k), of what a search answered."""
    ids: NDArray[Any] = np.full((n, k), None if words else -1, object if words else np.int64)
    scores = np.full((n, k), np.nan, np.float32)
    filled = [0] * n
    for query, one, distance in found:
        place = filled[query - 1]
        ids[query - 1, place], scores[query - 1, place] = one, distance
        filled[query - 1] += 1
    if metric is Metric.cosine:
        return ids, 1 - scores
    return ids, -scores if metric is Metric.inner_product else scores
