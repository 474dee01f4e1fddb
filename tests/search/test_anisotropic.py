import numpy as np
import pytest

from netwright.search import PQ, Anisotropic, Exact, Index, recall_at_k
from netwright.search.structures.anisotropic import weight_along
from netwright.search.structures.anisotropic_codebooks import (
    anisotropic_loss,
    decode,
    encode,
    learn_codebooks,
)


@pytest.fixture(scope="module")
def unit():
    """Directions without clusters: quantising them costs most where the score matters."""
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(10_500, 32)) @ rng.normal(size=(32, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def codes(unit):
    """Centres and codes of plain product quantisation."""
    structure = Index("cosine", PQ(parts=8, rerank=1)).add(unit)._holding.built()
    index = structure._index
    import faiss

    centres = faiss.vector_to_array(index.pq.centroids).reshape(8, 256, 4)
    return centres, index.pq.compute_codes(unit)


def test_the_loss_weighs_the_error_along_the_row_by_eta(unit, codes):
    rows, (centres, numbers) = unit[:50], codes
    total = 0.0
    for row, code in zip(rows.astype(float), numbers[:50], strict=True):
        decoded = np.concatenate([centres[part][code[part]] for part in range(8)]).astype(float)
        residual, direction = row - decoded, row / np.linalg.norm(row)
        along = (residual @ direction) * direction
        total += 3.0 * (along @ along) + (residual - along) @ (residual - along)
    assert anisotropic_loss(rows, centres, numbers[:50], 3.0) == pytest.approx(total / 50, rel=1e-5)


def test_eta_is_the_limit_of_the_paper_and_one_without_a_threshold():
    assert weight_along(0.2, 101) == pytest.approx(100 * 0.04 / 0.96)
    assert weight_along(0.0, 101) == 1.0


def test_each_turn_lowers_the_loss_that_it_is_for(unit, codes):
    centres, numbers = codes
    for eta in (1.0, 4.0):
        plain = anisotropic_loss(unit, centres, numbers, eta)
        only_codes = anisotropic_loss(unit, centres, encode(unit, centres, numbers, eta), eta)
        learned = learn_codebooks(unit, centres, numbers, eta)
        both = anisotropic_loss(unit, learned, encode(unit, learned, numbers, eta), eta)
        assert both < only_codes <= plain * (1 + 1e-6)
    assert np.abs(decode(centres, numbers) - unit).mean() < 0.2


def test_centres_are_where_the_gradient_of_the_loss_vanishes(unit, codes):
    centres, numbers = codes
    learned = learn_codebooks(unit, centres, numbers, 4.0)
    codes_now = encode(unit, learned, numbers, 4.0)
    best = anisotropic_loss(unit, learned, codes_now, 4.0)
    for shift in (0.97, 1.03):
        assert anisotropic_loss(unit, learned * shift, codes_now, 4.0) > best


def test_scores_are_sums_of_a_table_over_the_parts(unit):
    index = Index("inner_product", Anisotropic(parts=8, rerank=1)).add(unit)
    structure, query = index._holding.built(), unit[7]
    table = np.einsum("pcd,pd->pc", structure.codebooks(), query.reshape(8, 4))
    numbers = encode(unit, structure.codebooks(), structure._index.pq.compute_codes(unit), structure.eta())
    sums = table[np.arange(8), numbers].sum(axis=1)
    found = index.search(query, k=5)
    np.testing.assert_allclose(np.sort(found.scores[0]), np.sort(np.sort(sums)[-5:]), rtol=1e-4)


def test_inner_product_recall_is_above_plain_product_codes_at_equal_bytes(unit):
    rows, queries = unit[:10_000], unit[10_000:]
    truth = Index("inner_product", Exact()).add(rows).search(queries).ids
    plain, anisotropic = (
        Index("inner_product", settings).add(rows)
        for settings in (PQ(parts=8, rerank=1), Anisotropic(parts=8, threshold=0.3, rerank=1))
    )
    assert plain._holding.built().bytes_in_memory() == anisotropic._holding.built().bytes_in_memory()
    ours, theirs = (recall_at_k(index.search(queries).ids, truth) for index in (anisotropic, plain))
    assert ours > theirs + 0.03
