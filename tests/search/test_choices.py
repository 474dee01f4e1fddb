import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.search import HNSW, IVF, PQ, SQ, Anisotropic, Exact, Index, recall_at_k
from netwright.search.choosing import choose
from netwright.search.metric import Metric


@pytest.mark.parametrize(
    ("n_rows", "recall", "metric", "kind"),
    [
        (10_000, 0.95, Metric.l2, Exact),
        (10_001, 0.95, Metric.l2, HNSW),
        (10_001, 1.0, Metric.l2, Exact),
        (10_001, 0.95, Metric.l1, Exact),
        (2_000_001, 0.95, Metric.cosine, IVF),
    ],
)
def test_the_structure_follows_rows_recall_and_metric_and_says_why(n_rows, recall, metric, kind):
    settings, why = choose(None, n_rows, 64, metric, recall)
    assert type(settings) is kind
    assert why


def test_an_index_that_grows_changes_its_structure_and_keeps_its_rows(rows, queries):
    index = Index("l2")
    index.add(rows[:9_000], metadata={"part": ["a"] * 9_000})
    assert index.structure == Exact()
    assert "9,000 rows" in index.choices["structure"]
    index.add(rows[9_000:12_000], metadata={"part": ["b"] * 3_000})
    assert isinstance(index.structure, HNSW)
    assert index.structure.search_effort is not None
    assert sorted(index.ids.tolist()) == list(range(12_000))
    np.testing.assert_array_equal(index.vectors([5, 11_999]), rows[[5, 11_999]])
    assert index.metadata.loc[5, "part"] == "a"
    assert index.metadata.loc[11_999, "part"] == "b"


@pytest.mark.parametrize(
    "structure",
    [
        HNSW(links=8, build_effort=40),
        IVF(cells=300),
        PQ(16, 4),
        SQ("int8"),
        IVF(cells=50, codes=PQ(16, 4)),
    ],
)
def test_effort_is_raised_until_held_out_queries_reach_the_recall(structure, rows, queries):
    truth = Index("l2", Exact()).add(rows).search(queries).ids
    low, high = (Index("l2", structure, recall=recall).add(rows) for recall in (0.7, 0.95))
    assert recall_at_k(low.search(queries).ids, truth) > 0.68
    assert recall_at_k(high.search(queries).ids, truth) > 0.94
    assert "recall@10" in high.choices["effort"]
    assert str(high.structure) in high.choices["effort"]
    efforts = [
        max(getattr(index.structure, name, None) or 0 for name in ("search_effort", "probes", "rerank"))
        for index in (low, high)
    ]
    assert efforts[0] <= efforts[1]
    assert sorted(high.ids.tolist()) == list(range(len(rows)))


def test_tuned_settings_build_another_index_without_measuring(rows, queries):
    truth = Index("l2", Exact()).add(rows).search(queries).ids
    tuned = Index("l2", IVF(cells=300)).add(rows)
    again = Index("l2", tuned.structure).add(rows)
    assert again.structure == tuned.structure
    assert "effort" not in again.choices
    assert recall_at_k(again.search(queries).ids, truth) > 0.93


def test_effort_can_be_measured_on_queries_of_ones_own(rows, queries):
    truth = Index("l2", Exact()).add(rows).search(queries).ids
    index = Index("l2", IVF(cells=300, probes=1)).add(rows)
    before = recall_at_k(index.search(queries).ids, truth)
    after = recall_at_k(index.tune(queries).search(queries).ids, truth)
    assert before < 0.9 < 0.95 < after


def test_what_is_learned_waits_for_enough_rows(few):
    index = Index("cosine", PQ(parts=4)).add(few[:500])
    assert index.structure == Exact()
    assert "PQ() is learned from 9,984 rows, there are 500" in index.choices["structure"]
    index.add(few[500:])
    assert isinstance(index.structure, PQ)
    assert len(index) == len(few)


def test_an_index_twice_as_large_measures_its_effort_anew(rows):
    index = Index("l2", IVF(cells=50), recall=0.9).add(rows[:5_000])
    before = index.choices["effort"]
    index.add(rows[5_000:9_000])
    assert index.choices["effort"] == before
    index.add(rows[9_000:12_000])
    assert index.choices["effort"] != before


@pytest.mark.parametrize(
    ("metric", "structure", "said"),
    [
        ("l1", IVF(), "l1 needs Exact"),
        ("l2", Anisotropic(), "Anisotropic\\(\\) keeps inner products"),
        ("l2", "hnsw", "structure must be settings"),
        ("far", None, "metric must be one"),
    ],
)
def test_settings_that_do_not_serve_are_refused(metric, structure, said):
    with pytest.raises(InputError, match=said):
        Index(metric, structure)


def test_numbers_that_settings_cannot_take_are_refused():
    for make in (
        lambda: HNSW(links=1),
        lambda: HNSW(search_effort=0),
        lambda: IVF(probes=True),
        lambda: PQ(bits=16),
        lambda: SQ("int4"),
        lambda: Anisotropic(threshold=1.0),
        lambda: IVF(codes=Exact()),
        lambda: Index(recall=0.0),
    ):
        with pytest.raises(InputError):
            make()
