"""Sense2Vec: exact tokens, and one vector for each sense."""

import random

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.embeddings import Sense2Vec, SkipGram, tagged_tokens


def tokens(text, **how):
    return tagged_tokens([tuple(item.rsplit("/", 1)) for item in text.split()], **how)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Duck/VERB now/ADV", "duck|VERB now|ADV"),
        ("a/DET fair/ADJ game/NOUN", "a|DET fair_game|NOUN"),
        ("big/ADJ red/ADJ fire/NOUN engine/NOUN red/ADJ", "big_red_fire_engine|NOUN red|ADJ"),
        ("red/ADJ and/CCONJ blue/ADJ", "red|ADJ and|CCONJ blue|ADJ"),
        ("game/NOUN ends/VERB game/NOUN", "game|NOUN ends|VERB game|NOUN"),
        ("chief/NOUN Smith/PROPN", "chief_smith|PROPN"),
        ("New/B-GPE York/I-GPE city/NOUN", "new_york|GPE city|NOUN"),
        ("Ann/B-PER Lee/I-PER Bo/B-PER", "ann_lee|PER bo|PER"),
        ("Ann/B-PER York/I-GPE", "ann|PER york|GPE"),
        ("York/I-GPE is/VERB", "york|GPE is|VERB"),
        ("small/ADJ York/B-GPE", "small|ADJ york|GPE"),
    ],
)
def test_tokens_are_merged_by_the_rules(text, expected):
    assert tokens(text) == expected.split()


def test_rules_can_be_left_out_and_odd_words_stay_themselves():
    assert tokens("Fair/ADJ Game/NOUN", merge_nouns=False, lowercase=False) == ["Fair|ADJ", "Game|NOUN"]
    assert tagged_tokens([("New York", "GPE"), ("a|b", "SYM"), ("so", "")]) == [
        "new_york|GPE",
        "a|b|SYM",
        "so",
    ]
    assert tagged_tokens([]) == []
    for item in ("ab", ("a",), ("a", None)):
        with pytest.raises(InputError, match=r"a pair \(word, tag\)"):
            tagged_tokens([item])


@pytest.fixture(scope="module")
def planted():
    """Ducks that swim among water words, and people who duck among words of fights."""
    drawn, texts = random.Random(0), []
    water, fight = ([f"{topic}{n}" for n in range(30)] for topic in ("pond", "punch"))
    for words, tag in ((water, "NOUN"), (fight, "VERB")) * 400:
        before, after = drawn.sample(words, 3), drawn.sample(words, 3)
        texts.append([(word, "X") for word in before] + [("duck", tag)] + [(word, "X") for word in after])
    return texts, water, fight


def test_senses_of_a_word_get_vectors_apart(planted):
    texts, water, fight = planted
    learner = SkipGram(width=20, min_count=1, subsample=0, epochs=10, learning_rate=0.025, random_state=0)
    model = Sense2Vec(learner).fit(texts)
    assert sorted(model.senses("duck")) == ["duck|NOUN", "duck|VERB"]
    assert model.senses("nobody") == []
    vectors = model.vectors_
    ours, theirs = ([f"{word}|X" for word in words] for words in (water, fight))
    for sense, near, far in (("duck|NOUN", ours, theirs), ("duck|VERB", theirs, ours)):
        assert {word for word, _ in model.most_similar(sense, n=8)} <= set(near)
        assert min(vectors.similarity(sense, one) for one in near) > max(
            vectors.similarity(sense, one) for one in far
        )
    assert vectors.similarity("duck|NOUN", "duck|VERB") < 0.5
    assert model.transform(texts[:2]).shape == (2, 20)
    assert model.get_feature_names_out().tolist()[0] == "sense2vec0"
    again = clone(model).fit(iter(texts))
    assert again.vectors_.vectors.tobytes() == vectors.vectors.tobytes()
    with pytest.raises(NotFittedError):
        clone(model).senses("duck")
    assert np.isfinite(vectors.vectors).all()
