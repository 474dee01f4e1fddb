"""Emoji by name and by use: planted descriptions are told apart, planted neighbours are found."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.data import Vocabulary
from netwright.embeddings import Emoji2Vec, EmojiSkipGram, WordVectors, emoji_names, split_emoji

SAD, SOB, CAKE, PIE, CAR, BUS = "😢", "😭", "🍰", "🥧", "🚗", "🚌"


def planted(n_emoji=200, width=24, seed=0):
    """Words of twenty kinds, and emoji that are described by three words of two kinds, several times."""
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(20, width)) / width**0.5
    kind = np.repeat(np.arange(20), 30)
    vectors = kinds[kind] + 0.3 * rng.normal(size=(len(kind), width)) / width**0.5
    words = WordVectors(Vocabulary([f"w{n}" for n in range(len(kind))]), 2 * vectors.astype(np.float32))
    emoji, texts, of = [], [], []
    for one in range(n_emoji):
        two = rng.choice(20, 2, replace=False)
        for _ in range(4):
            emoji.append(chr(0x1F400 + one))
            texts.append(" ".join(f"w{rng.choice(np.flatnonzero(np.isin(kind, two)))}" for _ in range(3)))
            of.append(frozenset(two.tolist()))
    return words, np.array(emoji), np.array(texts), np.array(of)


def test_held_out_descriptions_are_told_from_those_of_other_emoji():
    words, emoji, texts, of = planted()
    held_out = np.arange(len(emoji)) % 4 == 3
    model = Emoji2Vec(words, random_state=0).fit(emoji[~held_out], texts[~held_out])
    names = list(dict.fromkeys(emoji))
    probable = model.predict_proba(names, texts[held_out])  # each emoji has one held-out description
    other = np.random.default_rng(1).permutation(len(names))
    strange = np.array([not a & b for a, b in zip(of[held_out], of[held_out][other], strict=True)])
    right = np.diag(probable) > 0.5
    wrong = probable[np.arange(len(names)), other][strange] < 0.5
    assert (right.mean() + wrong.mean()) / 2 > 0.8


def test_probabilities_are_sigmoids_of_products_with_sums_of_word_vectors():
    words, emoji, texts, _ = planted(10)
    model = Emoji2Vec(words, epochs=2, random_state=0).fit(emoji, texts)
    summed = sum(words[word] for word in texts[0].split())
    by_hand = 1 / (1 + np.exp(-(model.vectors_[emoji[5]] @ summed)))
    assert model.predict_proba([emoji[5]], [texts[0]])[0, 0] == pytest.approx(by_hand, rel=1e-5)


def test_the_first_step_is_adams_on_the_gradient_of_the_logistic_loss():
    """One emoji, two descriptions, full batch: no description is another's, so only right ones pull."""
    words = WordVectors(["a", "b"], np.array([[1.0, 0.0], [0.0, -2.0]], np.float32))
    model = Emoji2Vec(words, epochs=1, learning_rate=0.1, random_state=5).fit({SAD: ["a", "b"]})
    seed = int(np.random.RandomState(5).randint(np.iinfo(np.int32).max))
    start = 0.2 * torch.rand(1, 2, generator=torch.Generator().manual_seed(seed)) - 0.1
    np.testing.assert_allclose(model.vectors_[SAD], (start + torch.tensor([[0.1, -0.1]]))[0], atol=1e-4)


def test_unicode_names_describe_emoji_by_default():
    names = emoji_names()
    assert names[SAD] == "crying face"
    assert emoji_names(["❤️"]) == {"❤️": "heavy black heart"}
    words = WordVectors(["crying", "loudly", "face", "cake"], np.eye(4, dtype=np.float32))
    model = Emoji2Vec(words, random_state=0).fit()
    near = model.vectors_.most_similar(SOB, n=3)
    assert any("crying" in names[one] for one, _ in near)
    assert model.joined().width == 4
    assert SAD in model.joined()
    assert "face" in model.joined()


def test_texts_are_means_of_words_and_emoji():
    words, emoji, texts, _ = planted(10)
    model = Emoji2Vec(words, epochs=2, random_state=0).fit(emoji, texts)
    rows = model.transform([f"w1 {emoji[0]}", "nothing"])
    np.testing.assert_allclose(rows[0], (words["w1"] + model.vectors_[emoji[0]]) / 2, atol=1e-6)
    assert not rows[1].any()


def test_a_clone_with_the_same_seed_gives_the_same_bits_and_leaves_the_users_stream():
    words, emoji, texts, _ = planted(10)
    before = torch.random.get_rng_state()
    model = Emoji2Vec(words, epochs=2, dropout=0.2, random_state=0).fit(emoji, texts)
    assert torch.equal(before, torch.random.get_rng_state())
    again = clone(model).fit(emoji, texts)
    assert np.array_equal(model.vectors_.vectors, again.vectors_.vectors)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).vectors_.vectors, again.vectors_.vectors)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hi😢😢there", ["hi", "😢", "😢", "there"]),
        ("👍🏽 ok", ["👍🏽", "ok"]),
        ("I ❤️ u", ["i", "❤", "u"]),
        ("👩‍👩‍👧 and 🏳️‍🌈", ["👩‍👩‍👧", "and", "🏳‍🌈"]),
        ("🇫🇷🇩🇪 2 1️⃣", ["🇫🇷", "🇩🇪", "2", "1⃣"]),
        ("שלום 7, don't", ["שלום", "7", "don't"]),
    ],
)
def test_an_emoji_with_its_modifiers_is_one_token(text, tokens):
    assert split_emoji(text) == tokens


def test_emoji_of_like_use_are_nearest_to_each_other():
    rng = np.random.default_rng(0)
    kinds = [((SAD, SOB), "m"), ((CAKE, PIE), "f"), ((CAR, BUS), "r")]
    texts = []
    for number in range(1500):
        emoji, kind = kinds[number % 3]
        words = [f"{kind}{n}" for n in rng.integers(20, size=4)] + [f"x{n}" for n in rng.integers(30, size=2)]
        texts.append(" ".join(words) + " " + emoji[rng.integers(2)])
    model = EmojiSkipGram(width=16, epochs=10, subsample=0, random_state=0).fit(texts)
    assert sorted(model.emoji_.words) == sorted([SAD, SOB, CAKE, PIE, CAR, BUS])
    for first, second in (pair for pair, _ in kinds):
        assert model.emoji_.most_similar(first, n=1)[0][0] == second
        assert model.emoji_.most_similar(second, n=1)[0][0] == first
    assert model.most_similar(SAD, n=8)[-1][0][0] in "m" + SOB
    assert np.array_equal(clone(model).fit(texts).vectors_.vectors, model.vectors_.vectors)
    assert model.transform(["m1 " + SAD, "never"]).shape == (2, 16)


def test_what_cannot_be_used_is_named():
    words, emoji, texts, _ = planted(4)
    with pytest.raises(InputError, match="y must describe each of 16 emoji, got 2"):
        Emoji2Vec(words).fit(emoji, texts[:2])
    with pytest.raises(InputError, match="some description must have a known word"):
        Emoji2Vec(words).fit({SAD: "strange"})
    with pytest.raises(InputError, match="X must be an iterable of emoji"):
        Emoji2Vec(words).fit(SAD)
    with pytest.raises(InputError, match="X must be an iterable of texts"):
        EmojiSkipGram().fit("one text")
