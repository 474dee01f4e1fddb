"""SIF is the reference's formula, and beats the mean on similarities that people and planters gave."""

from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from scipy.stats import spearmanr
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.data import Vocabulary, read_corpus
from netwright.embeddings import PPMI, SIF, MeanVectors, WordVectors


def planted_words(seed=0):
    """Vectors of 20 topics of 30 words each and of 10 function words, all with a direction in common."""
    rng = np.random.default_rng(seed)
    topics = rng.normal(size=(20, 1, 16)) + 0.7 * rng.normal(size=(20, 30, 16))
    function = 1.5 * rng.normal(size=(10, 16))
    matrix = np.concatenate([topics.reshape(-1, 16), function]) + 4 * rng.normal(size=16)
    words = [f"t{t}w{i}" for t in range(20) for i in range(30)] + [f"f{i}" for i in range(10)]
    counts = [10] * 600 + [20_000] * 10
    return WordVectors(Vocabulary(words, counts), matrix)


def planted_pairs(seed=0):
    """Pairs of sentences, and the share of their topics that is the same."""
    rng = np.random.default_rng(seed + 1)

    def sentence(topics):
        own = [f"t{t}w{rng.integers(30)}" for t in topics for _ in range(2)]
        return " ".join(
            rng.permutation([*own, *(f"f{i}" for i in rng.integers(10, size=rng.integers(4, 9)))])
        )

    pairs, shares = [], []
    for _ in range(300):
        drawn = rng.permutation(20)
        same = int(rng.integers(0, 4))
        pairs.append((sentence(drawn[:3]), sentence([*drawn[:same], *drawn[3 : 6 - same]])))
        shares.append(same / 3)
    return pairs, shares


def reference(indices, words, a):
    """The authors' program: weighted averages, then the first component of scikit-learn's TruncatedSVD."""
    shares = words.vocabulary.counts / words.vocabulary.counts.sum()
    weighted = (a / (a + shares))[:, None] * words.vectors.astype(np.float64)
    means = np.array([weighted[sentence].mean(axis=0) for sentence in indices])
    svd = TruncatedSVD(n_components=1, n_iter=50, random_state=0).fit(means)
    return means - means @ svd.components_.T * svd.components_


def similarity_of(model, pairs):
    left, right = (normalize(model.transform(side)) for side in zip(*pairs, strict=True))
    return (left * right).sum(axis=1)


@pytest.mark.parametrize("a", [1e-3, 1e-4])
def test_sif_equals_the_reference_with_the_first_component_removed(a):
    words = planted_words()
    texts = [text for pair in planted_pairs()[0][:40] for text in pair]
    found = SIF(words, a=a).fit_transform(texts)
    indices = [words.vocabulary.ids(text.split()) for text in texts]
    np.testing.assert_allclose(found, reference(indices, words, a), atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_sif_is_above_the_mean_on_planted_sentence_similarities(seed):
    words, (pairs, shares) = planted_words(seed), planted_pairs(seed)
    texts = [text for pair in pairs for text in pair]
    mean, sif, kept = (
        spearmanr(similarity_of(model.fit(texts), pairs), shares).statistic
        for model in (MeanVectors(words), SIF(words), SIF(words, n_components=0))
    )
    assert sif > mean + 0.15
    assert sif > kept > mean, "both the weights and the common direction must tell"


def lee():
    """Fifty news texts, what people said of the likeness of each two, and more news to learn words from."""
    texts, background = (
        Path(datapath(name)).read_text(encoding="latin-1").splitlines()
        for name in ("lee.cor", "lee_background.cor")
    )
    return texts, np.loadtxt(datapath("similarities0-1.txt")), background


def test_sif_is_above_the_mean_on_the_news_that_people_compared():
    texts, people, background = lee()
    words = PPMI(width=100, min_count=2, window=8, random_state=0).fit(background + texts).vectors_
    upper = np.triu_indices(len(texts), 1)
    found = {}
    for model in (MeanVectors(words), SIF(words)):
        unit = normalize(model.fit([*texts, *background]).transform(texts))
        found[type(model)] = np.corrcoef((unit @ unit.T)[upper], people[upper])[0, 1]
    assert found[SIF] > found[MeanVectors] + 0.15
    assert found[SIF] > 0.5


def test_frequencies_come_from_the_texts_where_the_vectors_have_none():
    vocabulary, _ = read_corpus(["the rose", "the thorn", "the the"], min_count=1)
    matrix = np.eye(3)
    known, unknown = WordVectors(vocabulary, matrix), WordVectors(vocabulary.words, matrix)
    texts = ["the rose", "the thorn", "the the"]
    np.testing.assert_allclose(SIF(known).fit(texts).weights_, SIF(unknown).fit(texts).weights_)


def test_it_repeats_and_new_texts_lose_the_same_direction():
    words, (pairs, _) = planted_words(), planted_pairs()
    texts = [text for pair in pairs[:30] for text in pair]
    check_repeats(SIF(words), texts)
    model = SIF(words).fit(texts)
    assert abs(model.transform(["t0w0 f1", "", "t3w3"]) @ model.components_[0]).max() < 1e-5
    assert model.transform([""]).tolist() == [[0.0] * 16]


def test_settings_out_of_range_are_told():
    with pytest.raises(InputError, match="a must be above 0"):
        SIF(planted_words(), a=0).fit(["t0w0"])
