import numpy as np
import pytest
from gensim.test.utils import datapath

from netwright.data import read_corpus
from netwright.embeddings import Chars2Vec
from netwright.training import Training

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def misspelt(word, generator):
    """One slip, written out: a letter too much, one left out, a wrong one, or two that are swapped."""
    at, letter = int(generator.integers(1, len(word) - 1)), LETTERS[generator.integers(26)]
    kind = generator.integers(4)
    if kind == 0:
        return word[:at] + letter + word[at:]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + letter + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


@pytest.fixture(scope="module")
def words():
    """Real words of five letters or more."""
    vocabulary, _ = read_corpus(datapath("lee_background.cor"), min_count=5)
    return [word for word in vocabulary.words if len(word) > 4 and word.isascii()][:500]


@pytest.fixture(scope="module")
def model(words):
    training = Training(epochs=60, batch_size=128, learning_rate=5e-3)
    return Chars2Vec(width=32, training=training, random_state=0).fit(words)


def test_the_word_nearest_to_a_misspelling_is_the_right_one(model, words):
    generator = np.random.default_rng(1)
    pairs = [(misspelt(word, generator), word) for word in words]
    pairs = [(wrong, word) for wrong, word in pairs if wrong not in words]
    right = [model.most_similar(wrong, n=1)[0][0] == word for wrong, word in pairs]
    assert len(right) > 400
    assert np.mean(right) > 0.9


def test_the_nearest_word_to_a_known_one_is_itself_at_no_distance(model, words):
    (nearest, distance), (_, next_distance) = model.most_similar(words[7], n=2)
    assert nearest == words[7]
    assert distance < 1e-5 < next_distance


def test_known_vectors_are_those_of_the_network(model, words):
    found = model.transform_tokens([words[:3]])[0]
    np.testing.assert_allclose(found, model.vectors_[words[:3]], atol=1e-6)
