"""Debiasing: a planted direction is found and goes; equalised words are as far from each neutral one."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.data import UnknownWordError
from netwright.embeddings import Debiaser, WordVectors, weat_effect_size

PAIRS = [(f"she{n}", f"he{n}") for n in range(10)]
NEUTRAL = [f"job{n}" for n in range(300)]
WIDTH = 50


@pytest.fixture(scope="module")
def planted():
    """Ten pairs that differ in one direction and a little noise, and words that lean to either side."""
    rng = np.random.default_rng(0)
    direction = rng.normal(size=WIDTH)
    direction /= np.linalg.norm(direction)
    centres = rng.normal(size=(10, WIDTH))
    sides = np.stack([centres + 2 * direction, centres - 2 * direction], axis=1)
    sides += 0.1 * rng.normal(size=sides.shape)
    leaning = rng.normal(size=(300, WIDTH)) + rng.normal(size=(300, 1)) * direction
    words = [word for pair in PAIRS for word in pair] + NEUTRAL
    return WordVectors(words, np.concatenate([sides.reshape(20, WIDTH), leaning])), direction


def test_the_planted_direction_is_recovered(planted):
    vectors, direction = planted
    debiaser = Debiaser(PAIRS).fit(vectors)
    assert debiaser.directions_[0] @ direction > 0.99  # and it points to the first word of each pair
    assert debiaser.explained_[0] > 0.8


def test_the_direction_is_the_principal_component_of_centred_pairs(planted):
    vectors, _ = planted
    rows = []
    for one, other in PAIRS:
        pair = vectors.normalised[vectors.vocabulary.ids([one, other])].astype(float)
        rows.extend(pair - pair.mean(axis=0))
    theirs = PCA(3).fit(np.array(rows))
    ours = Debiaser(PAIRS, n_directions=3).fit(vectors)
    assert np.abs(np.sum(ours.directions_ * theirs.components_, axis=1)) == pytest.approx(1)
    assert ours.explained_[:3] == pytest.approx(theirs.explained_variance_ratio_)


def test_neutral_words_keep_nothing_of_the_direction_and_stay_of_length_one(planted):
    vectors, _ = planted
    for n in (1, 2):
        debiaser = Debiaser(PAIRS, n_directions=n).fit(vectors)
        fair = debiaser.transform(vectors)
        assert np.abs(fair[NEUTRAL].astype(float) @ debiaser.directions_.T).max() < 1e-7
        assert np.linalg.norm(fair.vectors, axis=1) == pytest.approx(1, abs=1e-6)
        assert debiaser.direct_bias(fair, NEUTRAL) == 0 < debiaser.direct_bias(vectors, NEUTRAL)
        assert debiaser.direct_bias(fair, NEUTRAL, strictness=0) == 0
    kept = Debiaser(PAIRS, keep=["job3"]).fit(vectors).transform(vectors)
    assert kept["job3"] == pytest.approx(vectors.normalised[vectors.vocabulary.ids(["job3"])[0]], abs=1e-7)


def test_equalised_words_are_as_far_from_every_neutral_word(planted):
    vectors, _ = planted
    debiaser = Debiaser(PAIRS).fit(vectors)
    fair = debiaser.transform(vectors)
    for one, other in PAIRS:
        near, far = (np.linalg.norm(fair[NEUTRAL] - fair[word], axis=1) for word in (one, other))
        assert near == pytest.approx(far, abs=1e-6)
        unlike = np.linalg.norm(vectors[NEUTRAL] - vectors[one], axis=1)
        assert unlike != pytest.approx(np.linalg.norm(vectors[NEUTRAL] - vectors[other], axis=1), abs=1e-3)
        assert fair[one] @ debiaser.directions_[0] > 0 > fair[other] @ debiaser.directions_[0]


def test_equalising_by_hand(planted):
    vectors, _ = planted
    fair = (debiaser := Debiaser(PAIRS, equalise=PAIRS[:1]).fit(vectors)).transform(vectors)
    g = debiaser.directions_[0]
    a, b = vectors.normalised[:2].astype(float)
    y = (a + b) / 2 - (a + b) / 2 @ g * g
    z = np.sqrt(1 - y @ y)
    assert fair.vectors[0] == pytest.approx(y + z * g, abs=1e-6)
    assert fair.vectors[1] == pytest.approx(y - z * g, abs=1e-6)
    assert fair.vectors[2] == pytest.approx(vectors.normalised[2], abs=1e-7)  # of another pair: as it was


def test_direct_bias_by_hand(planted):
    vectors, _ = planted
    debiaser = Debiaser(PAIRS).fit(vectors)
    along = np.abs(vectors.normalised[20:25].astype(float) @ debiaser.directions_[0])
    assert debiaser.direct_bias(vectors, NEUTRAL[:5]) == pytest.approx(along.mean())
    assert debiaser.direct_bias(vectors, NEUTRAL[:5], strictness=2) == pytest.approx((along**2).mean())


def test_the_effect_size_by_hand_and_its_ends():
    rng = np.random.default_rng(3)
    vectors = WordVectors(list("xyzuvwab"), rng.normal(size=(8, 4)))
    units = vectors.normalised.astype(float)
    s = units @ units[6] - units @ units[7]
    expected = (s[:3].mean() - s[3:6].mean()) / s[:6].std(ddof=1)
    effect = weat_effect_size(vectors, (list("xyz"), list("uvw")), (["a"], ["b"]))
    assert effect == pytest.approx(expected, rel=1e-5)
    assert weat_effect_size(vectors, (list("uvw"), list("xyz")), (["a"], ["b"])) == pytest.approx(-effect)
    assert weat_effect_size(vectors, (["x"], ["x"]), (["a"], ["b"])) == 0


def test_debiasing_takes_away_the_effect_on_neutral_words(planted):
    vectors, direction = planted
    lean = vectors.normalised[20:] @ direction
    ends = [NEUTRAL[n] for n in np.argsort(-lean)[:20]], [NEUTRAL[n] for n in np.argsort(lean)[:20]]
    attributes = [one for one, _ in PAIRS], [other for _, other in PAIRS]
    before = weat_effect_size(vectors, ends, attributes)
    after = weat_effect_size(Debiaser(PAIRS).fit_transform(vectors), ends, attributes)
    assert before > 1.5
    assert abs(after) < 0.5 or abs(after) < before / 3


def test_sets_that_show_no_direction_are_refused(planted):
    vectors, _ = planted
    for how, words in [
        ({"pairs": []}, "pairs must hold pairs"),
        ({"pairs": [("she0",)]}, "2 words or more"),
        ({"pairs": [("she0", "she0")]}, "of a rank of 0"),
        ({"pairs": PAIRS[:1], "n_directions": 2}, "of a rank of 1"),
    ]:
        with pytest.raises(InputError, match=words):
            Debiaser(**how).fit(vectors)
    with pytest.raises(UnknownWordError, match="'woman', 'man'"):
        Debiaser().fit(vectors)
    debiaser = Debiaser(PAIRS, equalise=[("job1", "job1")]).fit(vectors)
    with pytest.raises(InputError, match="must differ in the direction, got job1, job1"):
        debiaser.transform(vectors)
    with pytest.raises(InputError, match="50 wide"):
        debiaser.transform(WordVectors(["a"], [[1.0]]))
    with pytest.raises(NotFittedError):
        clone(debiaser).transform(vectors)
    assert pickle.loads(pickle.dumps(debiaser)).directions_.tolist() == debiaser.directions_.tolist()
