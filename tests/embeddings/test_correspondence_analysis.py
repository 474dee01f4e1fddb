"""Correspondence analysis is prince's, and distances are chi-square distances."""

from pathlib import Path

import numpy as np
import pandas as pd
import prince
import pytest
from gensim.test.utils import datapath
from scipy import sparse

from netwright.contracts import check_repeats
from netwright.data import co_occurrences, read_corpus
from netwright.embeddings import CorrespondenceAnalysis
from netwright.embeddings.counting.correspondence import principal_coordinates


def corpus():
    texts = Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()
    return read_corpus(texts, min_count=40)


def same_up_to_sign(found, expected, atol):
    np.testing.assert_allclose(found * np.sign((found * expected).sum(axis=0)), expected, atol=atol)


def test_coordinates_and_inertia_equal_princes():
    vocabulary, stream = corpus()
    counts = co_occurrences(stream, len(vocabulary), window=5, weighting="flat")
    table = pd.DataFrame(counts.toarray(), vocabulary.words, vocabulary.words)
    theirs = prince.CA(n_components=5, n_iter=50, engine="scipy", random_state=0).fit(table)
    rows, columns, values, total = principal_coordinates(counts, 5, seed=0)
    np.testing.assert_allclose(values**2, theirs.eigenvalues_, atol=1e-6)
    assert total == pytest.approx(theirs.total_inertia_, abs=1e-6)
    same_up_to_sign(rows, theirs.row_coordinates(table).to_numpy(), 1e-6)
    same_up_to_sign(columns, theirs.column_coordinates(table).to_numpy(), 1e-6)

    model = CorrespondenceAnalysis(width=5, random_state=0).fit((vocabulary, stream))
    same_up_to_sign(model.vectors_.vectors, rows, 1e-5)
    np.testing.assert_allclose(model.inertias_, values**2, atol=1e-6)
    assert model.total_inertia_ == pytest.approx(total)


def test_distances_in_full_width_are_chi_square_distances():
    counts = np.random.default_rng(0).integers(1, 9, (6, 5)).astype(float)
    rows, *_ = principal_coordinates(sparse.csr_array(counts), 4, seed=0)
    profiles, masses = counts / counts.sum(axis=1, keepdims=True), counts.sum(axis=0) / counts.sum()
    for a in range(6):
        for b in range(a):
            expected = ((profiles[a] - profiles[b]) ** 2 / masses).sum()
            assert ((rows[a] - rows[b]) ** 2).sum() == pytest.approx(expected)


def test_it_repeats_and_a_word_without_neighbours_lies_at_zero():
    texts = ["a b c", "c b d", "lonely", "a c d", "d b"] * 3
    check_repeats(CorrespondenceAnalysis(width=2, min_count=1), texts)
    model = CorrespondenceAnalysis(width=2, min_count=1, random_state=0).fit(texts)
    assert model.vectors_["lonely"].tolist() == [0, 0]
