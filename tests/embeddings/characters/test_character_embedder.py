import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from netwright.embeddings import CharacterEmbedder
from netwright.nets import CharacterBiLSTM, CharacterCNN
from netwright.training import Training

ENDINGS = {"noun": "ness", "verb": "ates", "adverb": "edly"}
ORDER = ["noun", "verb", "adverb"]


def language(seed):
    """Sentences of noun, verb and adverb, which differ by their endings; each seed has other stems."""
    generator = np.random.default_rng(seed)
    stems = ["".join(generator.choice(list("bdfgklmprt"), 2)) + vowel for vowel in "aeiou" for _ in range(6)]
    words = {kind: [stem + ending for stem in stems] for kind, ending in ENDINGS.items()}
    return [[str(generator.choice(words[kind])) for kind in ORDER] for _ in range(150)]


@pytest.mark.parametrize("network", [CharacterCNN, CharacterBiLSTM])
def test_tags_of_unseen_words_are_told_by_their_characters_but_not_by_vectors_of_words(network):
    training = Training(epochs=8, batch_size=32, learning_rate=1e-2)
    texts, new = language(seed=0), language(seed=1)
    model = CharacterEmbedder(width=16, network=network, training=training, random_state=0).fit(texts)
    tags, new_tags = ORDER * len(texts), ORDER * len(new)
    seen = {word for text in texts for word in text}
    unseen = np.array([word not in seen for text in new for word in text])
    assert unseen.mean() > 0.5

    letters = np.concatenate(model.transform_tokens(texts)), np.concatenate(model.transform_tokens(new))
    number = {word: row for row, word in enumerate(sorted(seen))}
    table = np.vstack([np.random.default_rng(0).normal(size=(len(seen), 16)), np.zeros(16)])
    words = [
        np.array([table[number.get(word, -1)] for text in some for word in text]) for some in (texts, new)
    ]
    accuracy = {}
    both = [np.hstack(pair) for pair in zip(words, letters, strict=True)]
    for name, (X, X_new) in (("words", words), ("both", both)):
        tagger = LogisticRegression(max_iter=2000).fit(X, tags)
        accuracy[name] = tagger.score(X_new[unseen], np.array(new_tags)[unseen])
    assert accuracy["both"] > 0.95
    assert accuracy["words"] < 0.4


def test_a_word_has_one_vector_wherever_it_stands():
    model = CharacterEmbedder(width=8, training=Training(epochs=1), random_state=0).fit(language(seed=0))
    one, other = model.transform_tokens([["a", "word"], ["word", "of", "many", "letters"]])
    np.testing.assert_allclose(one[1], other[0], atol=1e-6)
