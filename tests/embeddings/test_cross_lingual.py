"""Mapping between languages: scipy's rotation, and a planted one that translates words."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.embeddings import CrossLingualMapper, WordVectors
from netwright.embeddings import cross_lingual as module

N, WIDTH = 1500, 30
LEXICON = [(f"en{n}", f"de{n}") for n in range(N)]


def two_languages(noise, seed=0):
    """Clustered words, and the same in a rotated space with noise, in another order."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, WIDTH))
    english = centres[rng.integers(0, 40, N)] + 0.7 * rng.normal(size=(N, WIDTH))
    rotation = ortho_group.rvs(WIDTH, random_state=seed)
    german = english @ rotation + noise * rng.normal(size=english.shape)
    order = rng.permutation(N)
    return (
        WordVectors([f"en{n}" for n in range(N)], english),
        WordVectors([f"de{n}" for n in order.tolist()], german[order]),
        rotation,
    )


def test_the_rotation_equals_scipys():
    english, german, _ = two_languages(0.3)
    mapper = CrossLingualMapper(LEXICON[:200], n_refinements=0).fit(english, german)
    ours = english.normalised[:200].astype(float)
    theirs = german.normalised[german.vocabulary.ids([other for _, other in LEXICON[:200]])].astype(float)
    expected, _ = orthogonal_procrustes(ours, theirs)
    assert np.abs(mapper.rotation_ - expected).max() < 1e-5
    assert mapper.rotation_ @ mapper.rotation_.T == pytest.approx(np.eye(WIDTH), abs=1e-5)
    assert mapper.transform(english)["en7"] == pytest.approx(english.normalised[7] @ expected, abs=1e-5)


def test_a_planted_rotation_is_found_and_translates():
    english, german, rotation = two_languages(0.1)
    mapper = CrossLingualMapper(LEXICON[:100]).fit(english, german)
    assert mapper.precision(LEXICON[100:]) > 0.95
    assert np.abs(mapper.rotation_ - rotation).max() < 0.05
    assert mapper.translate(["en700"], n=3)[0][0][0] == "de700"


def test_refinement_makes_up_for_few_pairs():
    english, german, _ = two_languages(0.4)
    rough = CrossLingualMapper(LEXICON[:15], n_refinements=0).fit(english, german)
    fine = CrossLingualMapper(LEXICON[:15]).fit(english, german)
    assert fine.precision(LEXICON[15:]) > 0.95 > 0.5 > rough.precision(LEXICON[15:])
    assert fine.n_pairs_[0] == 15 < fine.n_pairs_[-1]


def test_csls_by_hand_in_blocks(monkeypatch):
    english, german, _ = two_languages(0.3)
    mapper = CrossLingualMapper(LEXICON[:100], n_refinements=1, n_neighbours=5).fit(english, german)
    monkeypatch.setattr(module, "CELLS", 7 * N)
    again = CrossLingualMapper(LEXICON[:100], n_refinements=1, n_neighbours=5).fit(english, german)
    assert np.abs(again.rotation_ - mapper.rotation_).max() < 1e-5
    cosines = english.normalised @ mapper.rotation_ @ german.normalised.T
    ours, theirs = (np.sort(one, axis=1)[:, -5:].mean(axis=1) for one in (cosines, cosines.T))
    csls = 2 * cosines - ours[:, None] - theirs
    for row in (3, 500):
        best = np.argsort(-csls[row])[:4]
        found = mapper.translate([f"en{row}"], n=4)[0]
        assert [word for word, _ in found] == [german.words[one] for one in best.tolist()]
        assert [score for _, score in found] == pytest.approx(csls[row, best], abs=1e-5)


def test_csls_translates_where_a_hub_is_nearest_to_all():
    rng = np.random.default_rng(5)
    words = rng.normal(size=(300, 20)) + 0.6
    hub = words.mean(axis=0) * 5
    noisy = words + 0.8 * rng.normal(size=words.shape)
    english = WordVectors([f"en{n}" for n in range(300)], words)
    german = WordVectors([*(f"de{n}" for n in range(300)), "hub"], np.concatenate([noisy, hub[None]]))
    mapper = CrossLingualMapper(LEXICON[:300], n_refinements=0).fit(english, german)
    mapped = mapper.transform(english).normalised
    cosines = mapped @ german.normalised.T
    by_cosine = (cosines.argmax(axis=1) == np.arange(300)).mean()
    to_hub = (cosines.argmax(axis=1) == 300).mean()
    assert mapper.precision(LEXICON[:300]) > by_cosine
    assert sum(one[0][0] == "hub" for one in mapper.translate(english.words, n=1)) / 300 < to_hub


def test_words_written_alike_are_the_first_lexicon():
    english, german, _ = two_languages(0.05)
    same = WordVectors([word.replace("de", "en") for word in german.words], german.vectors)
    mapper = CrossLingualMapper().fit(english, same)
    assert mapper.n_pairs_[0] == N
    assert mapper.precision([(word, word) for word in english.words]) > 0.95


def test_languages_that_do_not_fit_are_refused():
    english, german, _ = two_languages(0.1)
    with pytest.raises(InputError, match="of one width, got 30 and 2"):
        CrossLingualMapper(LEXICON).fit(english, WordVectors(["de1"], [[1.0, 2.0]]))
    with pytest.raises(InputError, match="1 of 2"):
        CrossLingualMapper([("en1", "de1"), ("en2", "unknown")]).fit(english, german)
    mapper = CrossLingualMapper(LEXICON[:50], n_refinements=0).fit(english, german)
    with pytest.raises(InputError, match="pairs of known words"):
        mapper.precision([("unknown", "de1")])
    with pytest.raises(InputError, match="30 wide"):
        mapper.transform(WordVectors(["a"], [[1.0]]))
    with pytest.raises(NotFittedError):
        CrossLingualMapper().translate(["en1"])
