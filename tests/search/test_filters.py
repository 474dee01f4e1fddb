import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from netwright.search import FilterError, Index, recall_at_k
from netwright.search.filters import mask_of


def filtered_first(rows, ids, queries, k=10):
    """True neighbours under the cosine among some rows alone."""
    order = np.argsort(cdist(queries, rows[ids], "cosine"), axis=1)[:, :k]
    return ids[order]


@pytest.mark.parametrize(
    ("where", "share"), [({"shade": 7}, 0.01), ({"shade": ("<", 10)}, 0.1), ({"colour": "red"}, 0.5)]
)
def test_a_filter_finds_what_filtering_first_and_comparing_with_each_finds(
    settings, built, few, where, share
):
    index, queries = built(settings), few[:100] + 0.01
    kept = np.flatnonzero(mask_of(where, index.metadata.sort_index()))
    assert len(kept) == pytest.approx(share * len(few), rel=0.01)
    found = index.search(queries, where=where)
    assert np.isin(found.ids, kept).all()
    recall = recall_at_k(found.ids, filtered_first(few, kept, queries))
    assert recall > (0.999 if share <= 0.01 else 0.95)


FRAME = pd.DataFrame(
    {
        "colour": ["red", "blue", None, "red"],
        "year": [1999.0, 2004.0, 2011.0, np.nan],
        "kept": [True, False, True, True],
        "day": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03", None]),
    }
)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"colour": "red"}, [0, 3]),
        ({"colour": ("!=", "red")}, [1]),
        ({"colour": ["red", "blue"]}, [0, 1, 3]),
        ({"colour": ("not in", ["red"])}, [1]),
        ({"colour": None}, [2]),
        ({"colour": ("!=", None)}, [0, 1, 3]),
        ({"year": (">=", 2004)}, [1, 2]),
        ({"year": [(">=", 2000), ("<", 2011)]}, [1]),
        ({"kept": True}, [0, 2, 3]),
        ({"day": (">", "2020-01-01")}, [1, 2]),
        ({"colour": "red", "year": ("<", 2000)}, [0]),
        (lambda frame: frame["kept"] & (frame["year"] > 2000), [2]),
        (np.array([True, False, False, True]), [0, 3]),
    ],
)
def test_conditions_keep_these_rows(where, rows):
    assert np.flatnonzero(mask_of(where, FRAME)).tolist() == rows


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"color": "red"}, "got 'color'; did you mean 'colour'"),
        ({"year": ("=>", 2000)}, "signs are =="),
        ({"colour": (">", 3)}, "compare numbers with numbers"),
        (np.ones(3, bool), "where must give 4 booleans"),
        (lambda frame: frame["year"], "where must give 4 booleans"),
    ],
)
def test_filters_that_cannot_be_used_say_so(where, said):
    with pytest.raises(FilterError, match=said):
        mask_of(where, FRAME)


def test_a_mask_follows_the_order_of_ids_and_a_filter_may_keep_nothing(settings, built):
    index = built(settings)
    only = index.ids == 77
    assert index.search(np.ones(16), k=3, where=only).ids.tolist() == [[77, -1, -1]]
    assert index.search(np.ones(16), k=2, where={"shade": 1000}).ids.tolist() == [[-1, -1]]


def test_columns_that_come_later_are_missing_before():
    index = Index("l2").add([[0.0], [1.0]], metadata={"a": [1, 2]}).add([[2.0]], metadata={"b": ["x"]})
    assert index.search([0.0], k=1, where={"b": "x"}).ids.tolist() == [[2]]
    assert index.search([0.0], k=3, where={"a": (">", 0)}).ids.tolist() == [[0, 1, -1]]
    index.update([0], metadata={"b": ["x"]})
    assert index.search([0.0], k=1, where={"b": "x"}).ids.tolist() == [[0]]
    assert index.metadata.loc[0].tolist() == [1, "x"]
