"""Graph, cells and codes beside FAISS used by hand, at the same settings on the same rows."""

import faiss
import numpy as np
import pytest

from netwright.search import HNSW, IVF, PQ, SQ, Index, recall_at_k


@pytest.fixture(scope="module")
def truth(rows, queries):
    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)
    return index.search(queries, 10)[1]


def test_a_graph_finds_over_95_percent_at_effort_100_as_faisss_own_does(rows, queries, truth):
    by_hand = faiss.IndexHNSWFlat(rows.shape[1], 16)
    by_hand.hnsw.efConstruction, by_hand.hnsw.efSearch = 40, 100
    by_hand.add(rows)
    index = Index("l2", HNSW(links=16, build_effort=40, search_effort=100)).add(rows)
    recall = recall_at_k(index.search(queries).ids, truth)
    assert recall > 0.95
    assert abs(recall - recall_at_k(by_hand.search(queries, 10)[1], truth)) < 0.02
    np.testing.assert_allclose(
        index.search(queries[:5], k=1).scores[:, 0],
        np.linalg.norm(queries[:5] - rows[index.search(queries[:5], k=1).ids[:, 0]], axis=1),
        rtol=1e-5,
    )


def test_cells_find_as_much_as_faisss_at_each_number_of_probes_and_all_of_them_are_exact(
    rows, queries, truth
):
    by_hand = faiss.IndexIVFFlat(faiss.IndexFlatL2(rows.shape[1]), rows.shape[1], 128)
    by_hand.train(rows)
    by_hand.add(rows)
    index = Index("l2", IVF(cells=128, probes=1)).add(rows)
    for probes in (1, 4, 16):
        by_hand.nprobe = probes
        index = Index("l2", IVF(cells=128, probes=probes)).add(rows)
        recall = recall_at_k(index.search(queries).ids, truth)
        assert abs(recall - recall_at_k(by_hand.search(queries, 10)[1], truth)) < 0.02
    everything = Index("l2", IVF(cells=128, probes=128)).add(rows).search(queries)
    assert recall_at_k(everything.ids, truth) > 0.999  # equal distances may change places


def test_product_codes_lose_and_find_as_much_as_faisss_at_equal_bytes(rows, queries, truth):
    by_hand = faiss.IndexPQ(rows.shape[1], 16, 4)
    by_hand.train(rows)
    by_hand.add(rows)
    index = Index("l2", PQ(parts=16, bits=4, rerank=1)).add(rows)
    structure = index._holding.built()
    assert structure.bytes_in_memory() == 8 * len(rows)
    ours, theirs = (
        float(((decoded - rows) ** 2).sum(axis=1).mean())
        for decoded in (structure.decoded(), by_hand.reconstruct_n(0, len(rows)))
    )
    assert abs(ours / theirs - 1) < 0.03
    recall = recall_at_k(index.search(queries).ids, truth)
    assert abs(recall - recall_at_k(by_hand.search(queries, 10)[1], truth)) < 0.03
    again = Index("l2", PQ(parts=16, bits=4, rerank=16)).add(rows)
    assert recall_at_k(again.search(queries).ids, truth) > recall + 0.2


def test_codes_in_cells_are_compared_again_by_the_vectors(rows, queries, truth):
    recalls = [
        recall_at_k(Index("l2", IVF(64, 16, PQ(16, 4, rerank=rerank))).add(rows).search(queries).ids, truth)
        for rerank in (1, 16)
    ]
    assert recalls[0] < 0.8 < 0.95 < recalls[1]


@pytest.mark.parametrize(
    ("kind", "bytes_a_row", "least"), [("int8", 32, 0.9), ("fp16", 64, 0.99), ("bf16", 64, 0.9)]
)
def test_fewer_bits_a_number_lose_little(kind, bytes_a_row, least, rows, queries, truth):
    index = Index("l2", SQ(kind, rerank=1)).add(rows)
    assert index._holding.built().bytes_in_memory() == bytes_a_row * len(rows)
    assert recall_at_k(index.search(queries).ids, truth) > least


def test_a_width_that_the_parts_do_not_divide_is_filled_up(few):
    rows = few[:, :13]
    index = Index("l2", PQ(parts=4, bits=4, rerank=32)).add(rows)
    found = index.search(rows[:50], k=1)
    assert found.ids[:, 0].tolist() == list(range(50))
    np.testing.assert_allclose(found.scores[:, 0], 0, atol=1e-6)
