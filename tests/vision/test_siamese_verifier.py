"""Verification on letters of alphabets that training never saw."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from glyphs import CYRILLIC, LATIN_AND_GREEK, alphabet
from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.training import Training
from netwright.vision import SiameseVerifier
from netwright.vision.siamese_verifier import best_threshold


def pairs_of(labels, n, seed=0):
    """Pairs of rows, one half alike."""
    rng = np.random.default_rng(seed)
    first = rng.integers(len(labels), size=n)
    second = [
        rng.choice(np.flatnonzero((labels == labels[row]) == (number % 2 == 0)))
        for number, row in enumerate(first)
    ]
    return first, np.array(second)


def test_pairs_of_letters_never_seen_are_told_apart():
    old, shown = alphabet(LATIN_AND_GREEK, 24, 0)
    new, asked = alphabet(CYRILLIC, 12, 1)
    recipe = Training(epochs=20, learning_rate=3e-3)
    model = SiameseVerifier(channels=(16, 32), training=recipe, random_state=0).fit(old, shown)
    first, second = pairs_of(asked, 2000)
    same = asked[first] == asked[second]
    apart = model.distance(new[first], new[second])
    pixels = np.square(new[first].astype(float) - new[second]).sum((1, 2))
    assert roc_auc_score(same, -apart) > 0.95
    assert roc_auc_score(same, -apart) > roc_auc_score(same, -pixels) + 0.1
    assert (model.verify(new[first], new[second]) == same).mean() > 0.85


def test_the_threshold_parts_pairs_as_well_as_any():
    rng = np.random.default_rng(0)
    same = rng.random(300) < 0.2
    distances = rng.normal(np.where(same, 0.5, 1.0), 0.3)

    def balanced(threshold):
        yes = distances <= threshold
        return yes[same].mean() - yes[~same].mean()

    assert balanced(best_threshold(distances, same)) == max(map(balanced, distances))


def test_it_repeats_and_survives_saving():
    digits = load_digits()
    check_repeats(
        SiameseVerifier(width=3, channels=(4,), training=Training(epochs=2)),
        digits.images[:80].astype(np.uint8),
        digits.target[:80],
    )


def test_what_makes_no_pairs_is_refused():
    digits = load_digits()
    with pytest.raises(InputError, match="TripletEmbedder"):
        SiameseVerifier().fit(digits.data, digits.target)
    model = SiameseVerifier(width=2, channels=(4,), training=Training(epochs=1))
    pictures = digits.images.astype(np.uint8)
    model.fit(pictures[:60], digits.target[:60])
    with pytest.raises(InputError, match="3 and 2 pictures"):
        model.distance(pictures[:3], pictures[:2])
