"""PPMI is its formula, and its vectors are singular ones."""

from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from scipy import sparse
from scipy.sparse.linalg import svds

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.data import co_occurrences, read_corpus
from netwright.embeddings import PPMI, ppmi_matrix


def news():
    return Path(datapath("lee_background.cor")).read_text(encoding="utf-8").splitlines()


def by_formula(counts, shift, smoothing):
    counts = counts.toarray()
    joint = counts / counts.sum()
    words = counts.sum(axis=1) / counts.sum()
    contexts = counts.sum(axis=0) ** smoothing / (counts.sum(axis=0) ** smoothing).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(
            np.maximum(np.log(joint / np.outer(words, contexts)) - np.log(shift), 0), posinf=0
        )


@pytest.mark.parametrize("shift", [1, 5])
@pytest.mark.parametrize("smoothing", [1.0, 0.75])
def test_the_matrix_equals_the_formula(shift, smoothing):
    vocabulary, stream = read_corpus(news(), min_count=20)
    counts = co_occurrences(stream, len(vocabulary), window=4)
    found = ppmi_matrix(counts, shift=shift, smoothing=smoothing)
    np.testing.assert_allclose(found.toarray(), by_formula(counts, shift, smoothing), atol=1e-9)
    assert (found.data > 0).all()


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_vectors_equal_scipys_singular_ones_up_to_sign(power):
    corpus = read_corpus(news(), min_count=20)
    model = PPMI(width=6, window=4, shift=2, power=power, weighting="flat", random_state=0).fit(corpus)
    counts = co_occurrences(corpus[1], len(corpus[0]), window=4, weighting="flat")
    left, values, _ = svds(ppmi_matrix(counts, shift=2), 6, random_state=1)
    order = np.argsort(-values)
    np.testing.assert_allclose(model.singular_values_, values[order], rtol=1e-6)
    np.testing.assert_allclose(
        abs(model.vectors_.vectors), abs(left[:, order] * values[order] ** power), atol=1e-4
    )


def test_a_word_without_neighbours_lies_at_zero():
    found = ppmi_matrix(sparse.csr_array(np.array([[0.0, 1.0, 0], [1.0, 0, 0], [0, 0, 0]])))
    assert np.isfinite(found.data).all()
    model = PPMI(width=2, min_count=1, random_state=0).fit(["a b c", "c b", "lonely", "a c"])
    assert model.vectors_["lonely"].tolist() == [0, 0]


def test_it_repeats_and_threads_change_nothing():
    texts = news()[:60]
    check_repeats(PPMI(width=5, min_count=3), texts)
    one, two = (PPMI(width=5, n_threads=n, random_state=0).fit(texts).vectors_.vectors for n in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_a_width_that_is_too_large_is_told():
    with pytest.raises(InputError, match="width must be from 1"):
        PPMI(width=100, min_count=1).fit(["a b c"])
    with pytest.raises(InputError, match="above 0"):
        ppmi_matrix(sparse.csr_array(np.ones((2, 2))), shift=0)
