"""The statements of an index in PostgreSQL: values are parameters, names are quoted identifiers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from psycopg import sql
from psycopg.types.json import Jsonb

from netwright.search.filters import Condition, read_conditions
from netwright.search.metric import Metric

OPERATORS = {Metric.cosine: "<=>", Metric.inner_product: "<#>", Metric.l2: "<->", Metric.l1: "<+>"}
CLASSES = {
    Metric.cosine: "vector_cosine_ops",
    Metric.inner_product: "vector_ip_ops",
    Metric.l2: "vector_l2_ops",
    Metric.l1: "vector_l1_ops",
}


@dataclass
class Clause:
    """A condition of a WHERE, and its parameters in order."""

    text: sql.Composable
    values: list[Any] = field(default_factory=list)


EVERYTHING = Clause(sql.SQL("true"))


def clause_of(where: Mapping[str, Any]) -> Clause:
    """Return the condition of a filter over the column `metadata`."""
    parts = [_condition(condition) for condition in read_conditions(where)] or [EVERYTHING]
    values = [value for part in parts for value in part.values]
    return Clause(sql.SQL(" AND ").join(part.text for part in parts), values)


def clause_of_ids(ids: list[Any]) -> Clause:
    """Return the condition that keeps these rows."""
    return Clause(sql.SQL("id = ANY(%s)"), [ids])


def create_table(table: sql.Identifier, id_type: str, width: int) -> sql.Composed:
    """Return the statement that makes the table; its slots keep the order of the rows."""
    return sql.SQL(
        "CREATE TABLE {} (slot bigint GENERATED ALWAYS AS IDENTITY, id {} PRIMARY KEY, "
        "embedding vector({}) NOT NULL, metadata jsonb NOT NULL)"
    ).format(table, sql.SQL(id_type), sql.Literal(width))


def create_graph(table: sql.Identifier, metric: Metric, links: int, effort: int) -> sql.Composed:
    """Return the statement that builds the graph."""
    return sql.SQL("CREATE INDEX ON {} USING hnsw (embedding {}) WITH (m = {}, ef_construction = {})").format(
        table, sql.SQL(CLASSES[metric]), sql.Literal(links), sql.Literal(max(effort, 2 * links))
    )


def nearest(table: sql.Identifier, metric: Metric, clause: Clause, *, exactly: bool) -> sql.Composed:
    """Return the statement that finds the k nearest rows of each of several queries.

    Its parameters: the queries, those of the clause, k. Only without a second key of order is a graph used.
    """
    return sql.SQL(
        "SELECT q.n, r.id, r.distance FROM unnest(%s::vector[]) WITH ORDINALITY AS q(v, n) "
        "CROSS JOIN LATERAL (SELECT id, slot, embedding {operator} q.v AS distance "
        "FROM {table} WHERE {clause} "
        "ORDER BY embedding {operator} q.v{second} LIMIT %s) AS r ORDER BY q.n, r.distance, r.slot"
    ).format(
        operator=sql.SQL(OPERATORS[metric]),
        table=table,
        clause=clause.text,
        second=sql.SQL(", slot" if exactly else ""),
    )


def plain_lines(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines of a frame as JSON's values, without what is missing."""
    names = list(frame.columns)
    columns = [[_plain(value) for value in frame[name]] for name in names]
    lines = zip(*columns, strict=True) if names else ((),) * len(frame)
    return [
        {name: value for name, value in zip(names, line, strict=True) if value is not None} for line in lines
    ]


def settings_of(comment: str | None) -> dict[str, Any] | None:
    """Return what an index wrote as the comment of its table; None where it is somebody else's table."""
    try:
        settings = json.loads(comment or "")
    except ValueError:
        return None
    ours = isinstance(settings, dict) and settings.get("format") == "netwright-index"
    return settings if ours else None


def _condition(condition: Condition) -> Clause:
    name, sign, value = condition.column, condition.sign, condition.value
    if value is None:
        return Clause(sql.SQL(f"(metadata -> %s) IS {'NOT ' if sign == '!=' else ''}NULL"), [name])
    if sign in ("==", "in"):
        several = value if sign == "in" else [value]
        return Clause(
            sql.SQL("(metadata -> %s) = ANY(%s::jsonb[])"), [name, [Jsonb(_plain(v)) for v in several]]
        )
    if sign in ("!=", "not in"):
        several = value if sign == "not in" else [value]
        return Clause(
            sql.SQL("(metadata -> %s) <> ALL(%s::jsonb[])"), [name, [Jsonb(_plain(v)) for v in several]]
        )
    plain = _plain(value)
    kind, cast = ("string", 'text COLLATE "C"') if isinstance(plain, str) else ("number", "double precision")
    return Clause(
        sql.SQL(
            f"CASE WHEN jsonb_typeof(metadata -> %s) = '{kind}' "
            f"THEN (metadata ->> %s)::{cast} {sign} %s ELSE false END"
        ),
        [name, name, plain],
    )


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
