"""Spelling places rare words; contexts move the frequent ones."""

import numpy as np
import pytest
from sklearn.decomposition import KernelPCA

from netwright.contracts import check_repeats
from netwright.embeddings import KernelPCASkipGram, SkipGram
from netwright.embeddings.counting.kernel_pca import spelling_vectors

STEMS = ["garden", "bottle", "hunter", "silver", "market", "pilgrim", "window", "thunder"]
ENDINGS = ["", "s", "ed", "ing", "er", "like"]


def planted(seed=0, n=300):
    """Each stem has contexts of its own; of each one form comes a single time, in a text without them."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(n):
        stem = rng.integers(len(STEMS))
        forms = [STEMS[stem] + ending for ending in rng.choice(ENDINGS, 3)]
        texts.append(" ".join(rng.permutation([*forms, *(f"c{stem}x{i}" for i in rng.integers(8, size=4))])))
    rare = [f"{stem}ings" for stem in STEMS]
    return [*texts, *(f"{word} zz{number}" for number, word in enumerate(rare))], rare


def share_of_relatives(model, rare):
    near = [[word for word, _ in model.most_similar(word, n=4)] for word in rare]
    return np.mean(
        [[word.startswith(one[:-4]) for word in words] for one, words in zip(rare, near, strict=True)]
    )


def test_a_rare_word_lies_near_its_morphological_relatives():
    texts, rare = planted()
    settings = {"width": 30, "min_count": 1, "epochs": 5, "random_state": 0}
    ours = share_of_relatives(KernelPCASkipGram(**settings).fit(texts), rare)
    plain = share_of_relatives(SkipGram(**settings, subsample=0).fit(texts), rare)
    assert ours > 0.8
    assert plain < 0.4


def test_frequent_words_move_to_their_contexts():
    texts, _ = planted()
    before, after = (
        KernelPCASkipGram(width=30, epochs=epochs, learning_rate=0.05, random_state=0).fit(texts).vectors_
        for epochs in (0, 20)
    )
    pairs = [(stem, f"c{number}x0") for number, stem in enumerate(STEMS)]
    assert np.mean([after.similarity(*pair) - before.similarity(*pair) for pair in pairs]) > 0.3


def dice(a, b):
    """Of the sets of 2-grams and 3-grams, words being set between blanks."""
    sets = [{f" {word} "[i : i + n] for n in (2, 3) for i in range(len(word) + 3 - n)} for word in (a, b)]
    return 2 * len(sets[0] & sets[1]) / (len(sets[0]) + len(sets[1]))


@pytest.mark.parametrize("n_landmarks", [12, 8])
def test_components_equal_scikit_learns_of_the_written_out_kernel(n_landmarks):
    words = [stem + ending for stem in STEMS[:4] for ending in ENDINGS[:3]]
    kernel = np.array([[dice(a, b) ** 2 for b in words] for a in words])
    theirs = KernelPCA(5, kernel="precomputed").fit(kernel[:n_landmarks, :n_landmarks])
    expected = theirs.transform(kernel[:, :n_landmarks])
    found = spelling_vectors(words, 5, n_landmarks, seed=0)
    np.testing.assert_allclose(abs(found), abs(expected), atol=1e-5)


def test_it_repeats():
    texts, _ = planted(n=40)
    check_repeats(KernelPCASkipGram(width=8, epochs=1), texts)
