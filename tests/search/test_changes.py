import numpy as np
import pytest
from scipy.spatial.distance import cdist

from netwright.core.errors import InputError
from netwright.search import DimensionError, Exact, Index, UnknownIdError, recall_at_k

K = 5


def truth(held, queries):
    """True neighbours of a dict of vectors under l2."""
    ids = np.array(list(held))
    order = np.argsort(cdist(queries, np.array(list(held.values()))), axis=1)[:, :K]
    return ids[order]


def test_what_is_added_changed_and_deleted_is_visible_at_once(settings, few):
    metric = "inner_product" if "Anisotropic" in str(settings) else "l2"
    unit = few / np.linalg.norm(few, axis=1, keepdims=True)  # on the sphere both metrics order alike
    index = Index(metric, settings).add(unit[:10_000])
    held = dict(enumerate(unit[:10_000]))
    rng = np.random.default_rng(0)
    for turn in range(3):
        gone = rng.choice(list(held), 700, replace=False)
        index.delete(gone)
        for one in gone:
            del held[one]
        moved = rng.choice(list(held), 30, replace=False)
        index.update(moved, -unit[moved])
        held |= {one: -unit[one] for one in moved.tolist()}
        new = np.arange(10_000 + 100 * turn, 10_100 + 100 * turn)
        index.add(unit[new], ids=new)
        held |= dict(zip(new.tolist(), unit[new], strict=True))
        assert len(index) == len(held)
        assert set(index.ids.tolist()) == set(held)
        found = index.search(-unit[moved], k=1)
        assert (found.ids[:, 0] == moved).mean() > 0.95
        queries = unit[gone[:100]]
        ids = index.search(queries, k=K).ids
        assert not np.isin(ids, gone).any()
        assert recall_at_k(ids, truth(held, queries)) > 0.9
    np.testing.assert_allclose(index.vectors(moved), -unit[moved], rtol=1e-6)
    before = index.search(unit[:20], k=K)
    index.compact()
    assert len(index) == len(held)
    assert recall_at_k(index.search(unit[:20], k=K).ids, before.ids) > 0.9


@pytest.mark.parametrize("settings", ["hnsw", "ivf-sq", "sq"], indirect=True)
def test_an_index_that_is_mostly_dead_is_built_anew(few, settings):
    index = Index("cosine", settings).add(few)
    index.delete(np.arange(0, 6_000))
    assert len(index._holding.built().vectors) == len(index) == 4_500
    assert index.search(few[7_000], k=1).ids.tolist() == [[7_000]]


def test_everything_can_be_deleted_and_added_again():
    index = Index("l2").add([[0.0], [1.0]], ids=["a", "b"], metadata={"n": [1, 2]})
    index.delete(["a", "b"])
    assert len(index) == 0
    assert index.search([0.0], k=1).ids.tolist() == [[None]]
    index.add([[5.0]], ids=["a"], metadata={"n": [3]})
    assert index.search([0.0], k=1).pairs(0) == [("a", 5.0)]
    assert index.metadata["n"].tolist() == [3]
    assert "a" in index
    assert "b" not in index


def test_ids_may_be_strings_and_are_counted_when_none_are_given():
    index = Index("l2").add([[0.0], [1.0]]).add([[2.0]])
    assert index.ids.tolist() == [0, 1, 2]
    named = Index("l2").add([[0.0], [1.0]], ids=["zero", "one"])
    assert named.search([[0.9]], k=2).ids.tolist() == [["one", "zero"]]


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda i: i.add([[1.0, 2.0, 3.0]], ids=["new"]), DimensionError, "vectors must have 2 dimensions"),
        (lambda i: i.search([1.0, 2.0, 3.0]), DimensionError, "queries must have 2 dimensions.* got 3"),
        (lambda i: i.search([[1.0, np.nan]]), InputError, "finite float32 numbers, got others in row 0"),
        (lambda i: i.search([["a", "b"]]), InputError, "queries must be numbers"),
        (lambda i: i.search([[0.0, 0.0]]), InputError, "only zeros in row 0"),
        (lambda i: i.search([[1.0, 2.0]], k=0), InputError, "k must be a whole number"),
        (lambda i: i.add([[1.0, 2.0]], ids=["east"]), InputError, "'east' twice; use update"),
        (lambda i: i.add([[1.0, 2.0]] * 2, ids=["x", "x"]), InputError, "'x' twice; name each row once"),
        (lambda i: i.add([[1.0, 2.0]], ids=[3]), InputError, "ids must be strings, as before"),
        (lambda i: i.add([[1.0, 2.0]]), InputError, "ids must be given"),
        (lambda i: i.add([[1.0, 2.0]], ids=["x", "y"]), InputError, "2 for 1 vectors"),
        (lambda i: i.add([[1.0, 2.0]], ids=[""]), InputError, "non-empty strings"),
        (lambda i: i.add([[1.0, 2.0]], ids=["x"], metadata={"a": [1, 2]}), InputError, "2 for 1"),
        (
            lambda i: i.add([[1.0, 2.0]], ids=["x"], metadata={"a": [{}]}),
            InputError,
            "dict in column 'a', row 0",
        ),
        (lambda i: i.delete(["east", "nroth"]), UnknownIdError, "'nroth'; did you mean 'north'"),
        (lambda i: i.update(["up"], [[1.0, 2.0]]), UnknownIdError, "'up'"),
        (lambda i: i.update(["east"], [[1.0, 2.0]] * 2), InputError, "2 for 1 ids"),
        (lambda i: i.vectors(["east", "east"]), InputError, "one of them twice"),
    ],
)
def test_bad_input_is_a_typed_error_and_changes_nothing(change, kind, said):
    index = Index("cosine", Exact()).add([[1.0, 0.0], [0.0, 1.0]], ids=["east", "north"])
    with pytest.raises(kind, match=said):
        change(index)
    assert index.ids.tolist() == ["east", "north"]
    assert index.search([1.0, 0.1], k=2).ids.tolist() == [["east", "north"]]


def test_whole_numbers_below_zero_are_no_ids():
    with pytest.raises(InputError, match="ids must be from 0, got -1"):
        Index().add([[1.0]], ids=[-1])
