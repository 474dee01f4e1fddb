"""Lexical contrast: planted opposites in like contexts, which skip-gram cannot part, are parted."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import average_precision_score

from netwright.core.errors import InputError
from netwright.data import TokenStream
from netwright.embeddings import LexicalContrast, SemanticAxis, SkipGram
from netwright.embeddings.contrast.lexicon import telling_contexts

N_SCALES, N_WORDS = 12, 4


def word(scale, side, number):
    return f"{'hi' if side else 'lo'}{scale}n{number}"


def corpus(n_rows=4000, seed=0):
    """A scale, such as of heat or price, has its contexts; both its ends stand in the same ones."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n_rows):
        scale = rng.integers(N_SCALES)
        around = [f"c{scale}x{n}" for n in rng.integers(12, size=4)]
        rows.append([*around[:2], word(scale, rng.integers(2), rng.integers(N_WORDS)), *around[2:]])
    return rows


def pairs(kept=lambda _: True):
    """Synonyms and antonyms; of each scale those that are kept."""
    alike, against = [], []
    for scale in range(N_SCALES):
        for a in range(N_WORDS):
            for b in range(N_WORDS):
                alike += [(word(scale, side, a), word(scale, side, b)) for side in (0, 1) if a < b]
                against.append((word(scale, 0, a), word(scale, 1, b)))
    keep = np.random.default_rng(1)
    return [p for p in alike if kept(keep)], [p for p in against if kept(keep)]


def precision(vectors):
    """Average precision of synonyms before antonyms, by cosine."""
    alike, against = pairs()
    scores = [vectors.similarity(*pair) for pair in [*alike, *against]]
    return average_precision_score([1] * len(alike) + [0] * len(against), scores)


QUICK = {"width": 24, "min_count": 1, "epochs": 5, "random_state": 0}


def test_synonyms_come_before_antonyms_as_they_do_not_for_skip_gram():
    rows = corpus()
    alike, against = pairs(lambda keep: keep.random() < 0.5)  # the others are left to follow
    ours = LexicalContrast(alike, against, **QUICK).fit(rows)
    theirs = SkipGram(**QUICK, subsample=0).fit(rows)
    assert precision(ours.vectors_) > 0.9
    assert precision(theirs.vectors_) < 0.6
    unseen = sorted(set(pairs()[0]) - set(alike))
    opposite = sorted(set(pairs()[1]) - set(against))
    near = np.mean([ours.vectors_.similarity(*pair) for pair in unseen])
    assert near > np.mean([ours.vectors_.similarity(*pair) for pair in opposite]) + 0.2


def test_without_strength_it_is_skip_gram():
    rows = corpus(1500)
    plain = LexicalContrast(*pairs(), **QUICK, strength=0.0).fit(rows)
    assert precision(plain.vectors_) < 0.6
    vectors = plain.vectors_
    of_scale = [vectors.similarity(f"c{s}x0", f"c{s}x1") for s in range(N_SCALES)]
    of_others = [vectors.similarity(f"c{s}x0", f"c{(s + 1) % N_SCALES}x1") for s in range(N_SCALES)]
    assert np.mean(of_scale) > np.mean(of_others) + 0.3


def test_the_pull_is_the_gradient_of_the_mean_cosine():
    """With outputs of zeros and no drawn words, skip-gram itself does not move a word in the first step."""
    from netwright.embeddings.contrast.contrast_kernel import _pull

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(4, 5)).astype(np.float32)
    linked = np.array([0, 2, 2, 2, 2]), np.array([1, 2], np.int32)  # the others of word 0 are 1 and 2
    told = np.array([0, 0, 1, 2, 2]), np.array([3, 3], np.int32)  # both are told by context 3
    change = np.zeros(5, np.float32)
    _pull(vectors, 0, 3, linked, told, 0.1, change)

    def mean_cosine(a):
        return np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in vectors[1:3].astype(float)])

    a, small = vectors[0].astype(float), 1e-5
    slope = [(mean_cosine(a + small * e) - mean_cosine(a - small * e)) / (2 * small) for e in np.eye(5)]
    np.testing.assert_allclose(change, 0.1 * np.array(slope), rtol=1e-3, atol=1e-5)
    untold = np.zeros(5, np.float32)
    _pull(vectors, 0, 2, linked, told, 0.1, untold)  # a context that tells of neither
    assert not untold.any()


def test_telling_contexts_are_those_of_a_positive_mutual_information():
    rng = np.random.default_rng(0)
    ids = np.where(rng.random(400) < 0.15, -1, rng.integers(6, size=400)).astype(np.int32)
    told = telling_contexts(TokenStream(ids), np.array([1, 4]), 6, window=2)
    counts = np.zeros((6, 6))
    for i, one in enumerate(ids):
        for step in (-2, -1, 1, 2):
            inside = 0 <= i + step < len(ids) and (ids[min(i, i + step) : max(i, i + step) + 1] >= 0).all()
            if one >= 0 and inside:
                counts[one, ids[i + step]] += 1
    expected = counts * counts.sum() / counts.sum(1)[:, None] / counts.sum(0)[None] > 1
    for one in (1, 4):
        assert (
            told.ids[told.starts[one] : told.starts[one + 1]].tolist()
            == np.flatnonzero(expected[one]).tolist()
        )
    assert told.starts[-1] == expected[[1, 4]].sum()


def test_an_axis_found_from_seed_words_puts_the_others_in_order():
    rows = corpus()
    vectors = LexicalContrast(*pairs(), **QUICK).fit(rows).vectors_
    for scale in range(3):
        axis = SemanticAxis(vectors, [word(scale, 1, 0)], [word(scale, 0, 0)])
        high = axis.score([word(scale, 1, n) for n in range(1, N_WORDS)])
        low = axis.score([word(scale, 0, n) for n in range(1, N_WORDS)])
        assert high.min() > 0 > low.max()
        top, bottom = axis.extremes(n=3)
        assert all(one.startswith(f"hi{scale}n") for one in top)
        assert all(one.startswith(f"lo{scale}n") for one in bottom)


def test_an_axis_is_the_difference_of_means_and_its_scores_are_cosines():
    vectors = SkipGram(**QUICK).fit(corpus(300)).vectors_
    axis = SemanticAxis(vectors, ["c0x0", "c0x1"], ["c1x0"])
    by_hand = vectors[["c0x0", "c0x1"]].mean(0) - vectors["c1x0"]
    cosine = vectors["c2x3"] @ by_hand / np.linalg.norm(vectors["c2x3"]) / np.linalg.norm(by_hand)
    assert axis.score(["c2x3"])[0] == pytest.approx(cosine, abs=1e-5)


def test_the_same_seed_gives_the_same_bits():
    rows = corpus(300)
    model = LexicalContrast(*pairs(), **{**QUICK, "epochs": 1}).fit(rows)
    again = clone(model).fit(rows)
    assert np.array_equal(model.vectors_.vectors, again.vectors_.vectors)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).vectors_.vectors, again.vectors_.vectors)


def test_what_cannot_be_used_is_named():
    rows = corpus(50)
    with pytest.raises(InputError, match="both in the corpus, got none among 1"):
        LexicalContrast([("never", "seen")], min_count=1).fit(rows)
    with pytest.raises(InputError, match="synonyms must be pairs of words, got 'ab' at 0"):
        LexicalContrast(["ab"], min_count=1).fit(rows)
    vectors = SkipGram(**{**QUICK, "epochs": 1}).fit(rows).vectors_
    with pytest.raises(InputError, match="negative must have words"):
        SemanticAxis(vectors, ["c0x0"], [])
    with pytest.raises(InputError, match="positive and negative must differ"):
        SemanticAxis(vectors, ["c0x0"], ["c0x0"])
