import numpy as np
import pytest

from netwright.core.errors import InputError
from netwright.embeddings import Tweet2Vec
from netwright.training import Training

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES = ["ba", "do", "ki", "lu", "me", "no", "pa", "ri", "so", "tu", "ve", "za"]


def tweets(n, seed):
    """Short texts of four words out of twenty."""
    generator = np.random.default_rng(0)
    words = ["".join(generator.choice(SYLLABLES, 3)) for _ in range(20)]
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(words, 4)) for _ in range(n)]


def with_slips(text, generator, share=0.1):
    """The text with that share of its characters replaced by other letters."""
    letters = np.array(list(text))
    places = generator.choice(len(letters), round(share * len(letters)), replace=False)
    letters[places] = generator.choice(list(LETTERS), len(places))
    return "".join(letters)


def cosines(one, other):
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def word_vectors(texts, known):
    """The mean of random vectors of the known words; others have none."""
    generator = np.random.default_rng(3)
    table = {word: generator.normal(size=50) for word in sorted({w for text in known for w in text.split()})}
    return np.array([sum((table[w] for w in text.split() if w in table), np.zeros(50)) for text in texts])


@pytest.fixture(scope="module")
def model():
    training = Training(epochs=16, batch_size=32, learning_rate=5e-3)
    return Tweet2Vec(width=32, n_filters=32, training=training, random_state=0).fit(tweets(300, seed=0))


def test_a_tweet_with_slips_is_nearer_to_the_clean_one_than_by_vectors_of_words(model):
    clean, generator = tweets(100, seed=1), np.random.default_rng(2)
    spoilt = [with_slips(text, generator) for text in clean]
    ours = cosines(model.transform(clean), model.transform(spoilt))
    theirs = cosines(word_vectors(clean, clean) + 1e-9, word_vectors(spoilt, clean) + 1e-9)
    others = cosines(model.transform(clean), np.roll(model.transform(spoilt), 1, axis=0))
    assert ours.mean() > 0.9
    assert ours.mean() > theirs.mean() + 0.1
    assert ours.mean() > others.mean() + 0.5  # other tweets stand apart


def test_the_decoder_learns_to_tell(model):
    losses = model.record_.values("loss")
    assert losses[-1] < 0.8 * losses[0]


def test_the_encoder_reads_so_many_characters_of_lowered_text():
    model = Tweet2Vec(width=4, n_filters=4, length=10, training=Training(epochs=1), random_state=0)
    model.fit(["A text that is longer", "short"])
    np.testing.assert_array_equal(
        model.transform(["A TEXT THAT"]), model.transform(["a text tha! and more"[:10]])
    )


def test_slips_must_be_a_share():
    with pytest.raises(InputError, match="slips must be a share"):
        Tweet2Vec(slips=1.0).fit(["a"])
