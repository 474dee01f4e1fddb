"""Verification on letters of alphabets that training never saw: letters are people, typefaces moods."""

import functools

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from glyphs import ARMENIAN, CYRILLIC, LATIN_AND_GREEK, alphabet
from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.data import RandomAffine
from netwright.nets import PictureNet
from netwright.training import Augmentation, Training
from netwright.vision import SiameseVerifier
from netwright.vision.siamese_verifier import threshold_at

SMALL = functools.partial(PictureNet, widths=(24, 48))
STILL = 0.4
"""Letters are turned by up to 10 degrees, and moved by up to a pixel."""


def pairs_of(labels, n, seed=0):
    """Pairs of rows, one half alike."""
    rng = np.random.default_rng(seed)
    first = rng.integers(len(labels), size=n)
    second = []
    for number, row in enumerate(first):
        fits = (labels == labels[row]) == (number % 2 == 0)
        fits[row] = False
        second.append(rng.choice(np.flatnonzero(fits)))
    return first, np.array(second)


@pytest.fixture(scope="module")
def letters():
    moves = RandomAffine(degrees=10, shift=0.08, scale=(0.85, 1.15), padding="zeros")
    recipe = Training(epochs=14, callbacks=[Augmentation(moves)])
    model = SiameseVerifier(backbone=SMALL, training=recipe, random_state=0)
    return model.fit(*alphabet(LATIN_AND_GREEK + ARMENIAN, 12, 0, STILL))


@pytest.fixture(scope="module")
def strangers():
    """Capital letters of another alphabet: each in twelve typefaces."""
    return alphabet(CYRILLIC[:21], 12, 1, STILL)


def test_letters_never_seen_are_verified_with_an_area_over_0_95(letters, strangers):
    new, asked = strangers
    first, second = pairs_of(asked, 4000)
    same = asked[first] == asked[second]
    pixels = np.square(new[first].astype(float) - new[second]).sum((1, 2))
    assert roc_auc_score(same, -letters.distance(new[first], new[second])) > 0.95
    assert roc_auc_score(same, -pixels) < 0.7
    assert letters.score(new, asked) > 0.95  # of all pairs


def test_the_threshold_holds_for_letters_never_seen(letters, strangers):
    new, asked = strangers
    first, second = pairs_of(asked, 4000)
    said, same = letters.verify(new[first], new[second]), asked[first] == asked[second]
    assert said[~same].mean() < 0.03  # one in a hundred was asked for
    assert said[same].mean() > 0.5
    assert 0.6 < letters.accepts_ < 0.95


def test_one_example_of_each_new_letter_is_enough_for_most(letters, strangers):
    new, asked = strangers
    examples = np.unique(asked, return_index=True)[1]
    others = np.setdiff1d(np.arange(len(asked)), examples)
    found = letters.recognise(new[others], new[examples], asked[examples])
    flat = new.reshape(len(new), -1).astype(float)
    distances = np.square(flat[others][:, None] - flat[examples]).sum(2)
    baseline = (asked[examples][distances.argmin(1)] == asked[others]).mean()
    assert (found == asked[others]).mean() > 0.6 > 2 * baseline


@pytest.mark.parametrize("share", [0.001, 0.05, 0.3])
def test_the_threshold_is_the_largest_that_keeps_to_the_share(share):
    distances = np.random.default_rng(0).gamma(5, 0.1, 997)
    threshold = threshold_at(distances, share)
    beyond = distances[distances > threshold].min()
    assert (distances <= threshold).mean() <= share < (distances <= beyond).mean()


def test_few_people_set_the_threshold_by_the_pairs_that_were_learned_from():
    digits = load_digits()
    X, y = digits.images[:300].astype(np.uint8), digits.target[:300]
    model = SiameseVerifier(width=4, false_accepts=0.1, training=Training(epochs=1), random_state=0)
    codes = model.fit(X, y).transform(X)
    apart = np.linalg.norm(codes[:, None] - codes, axis=2)
    accepted = apart[np.triu(y[:, None] != y)] <= model.threshold_
    assert abs(accepted.mean() - 0.1) < 1e-3


def test_it_repeats_and_survives_saving():
    digits = load_digits()
    model = SiameseVerifier(width=3, training=Training(epochs=2))
    check_repeats(model, digits.images[:80].astype(np.uint8), digits.target[:80])


def test_what_cannot_be_used_is_refused():
    digits = load_digits()
    pictures = digits.images.astype(np.uint8)
    with pytest.raises(InputError, match="between 0 and 1"):
        SiameseVerifier(false_accepts=0.0).fit(pictures, digits.target)
    with pytest.raises(InputError, match="two classes or more"):
        SiameseVerifier().fit(pictures[:30], np.zeros(30))
    with pytest.raises(ValueError, match="inconsistent"):
        SiameseVerifier().fit(pictures[:30], digits.target)
    model = SiameseVerifier(width=2, training=Training(epochs=1))
    model.fit(pictures[:60], digits.target[:60])
    with pytest.raises(InputError, match="3 and 2 pictures"):
        model.distance(pictures[:3], pictures[:2])
