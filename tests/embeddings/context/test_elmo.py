import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from netwright.core.errors import InputError
from netwright.embeddings import ELMoEmbedder
from netwright.nets import CharacterBiLSTM
from netwright.training import Training

MONEY = ["loan", "cash", "pays", "rich", "owes", "debt"]
WATER = ["river", "muddy", "fish", "boat", "flows", "reeds"]


def senses(n, seed):
    """Texts in which 'bank' stands among words of money or of water, and which of both it is."""
    generator = np.random.default_rng(seed)
    kinds = generator.integers(2, size=n)
    texts = []
    for kind in kinds:
        words = generator.choice((MONEY, WATER)[kind], 4).tolist()
        texts.append([*words[:2], "bank", *words[2:]])
    return texts, kinds


@pytest.fixture(scope="module")
def model():
    training = Training(epochs=6, batch_size=32, learning_rate=1e-2)
    return ELMoEmbedder(width=12, training=training, random_state=0).fit(senses(160, seed=0)[0])


def test_the_same_word_has_another_vector_in_another_context_by_which_its_sense_is_told(model):
    texts, kinds = senses(80, seed=1)
    banks = np.stack([vectors[2] for vectors in model.transform_tokens(texts)])
    money, water = model.transform_tokens([["loan", "bank"], ["river", "bank"]])
    assert np.abs(money[1] - water[1]).max() > 0.01
    assert LogisticRegression().fit(banks[:40], kinds[:40]).score(banks[40:], kinds[40:]) > 0.95
    words = np.stack([layers[0, 2] for layers in model.transform_layers(texts)])
    assert np.ptp(words, axis=0).max() == 0  # below the context, it is one word


def test_training_makes_the_loss_smaller(model):
    losses = model.record_.values("loss")
    assert losses[-1] < 0.9 * losses[0]


def test_vectors_are_the_layers_weighed_by_the_softmax_of_the_mix_times_gamma(model):
    texts = senses(3, seed=2)[0]
    layers = model.transform_layers(texts)
    assert [one.shape for one in layers] == [(3, 5, 24)] * 3
    weights = np.exp([1.0, 0.0, -1.0]) / np.exp([1.0, 0.0, -1.0]).sum()
    model.set_params(mix=(1.0, 0.0, -1.0), gamma=0.5)
    try:
        for found, by_layer in zip(model.transform_tokens(texts), layers, strict=True):
            np.testing.assert_allclose(found, 0.5 * np.einsum("l,ltf->tf", weights, by_layer), atol=1e-6)
    finally:
        model.set_params(mix=None, gamma=1.0)


def test_layers_are_those_of_the_network_between_the_marks_of_begin_and_end(model):
    text = ["loan", "bank", "nightmare"]  # the last one was never seen
    letters = [torch.from_numpy(model.alphabet_.words([word])) for word in text]
    marks = [torch.tensor([[2, 4, 3]]), torch.tensor([[2, 5, 3]])]
    network = model.network_
    with torch.no_grad():
        words = torch.stack([network.read(one) for one in (marks[0], *letters, marks[1])], 1)
        states = network.states(words)[0, :, 1:4]
    torch.testing.assert_close(torch.from_numpy(model.transform_layers([text])[0]), states)


def test_no_word_ahead_leaks_into_the_forward_half_nor_one_behind_into_the_backward_half(model):
    texts = [["loan", "bank", "cash"], ["loan", "bank", "river"], ["river", "bank", "cash"]]
    one, ahead, behind = (layers[1:] for layers in model.transform_layers(texts))
    np.testing.assert_allclose(one[:, :2, :12], ahead[:, :2, :12], atol=1e-7)
    np.testing.assert_allclose(one[:, 1:, 12:], behind[:, 1:, 12:], atol=1e-7)
    assert np.abs(one[:, :2, 12:] - ahead[:, :2, 12:]).max() > 1e-3
    assert np.abs(one[:, 1:, :12] - behind[:, 1:, :12]).max() > 1e-3


def test_a_texts_vector_is_the_mean_of_its_words_whatever_stands_in_its_batch(model):
    texts = [text[: 1 + number % 5] for number, text in enumerate(senses(40, seed=3)[0])]
    together = model.transform(texts)
    for text, vector in zip(texts, together, strict=True):
        (words,) = model.transform_tokens([text])
        np.testing.assert_allclose(vector, words.astype(np.float64).mean(0), atol=1e-7)
        np.testing.assert_allclose(vector, model.transform([text])[0], atol=1e-7)
    turned = model.transform([*texts[::-1], ["a"] * 30])[-2::-1]
    np.testing.assert_allclose(turned, together, atol=1e-7)


def test_training_goes_on_with_new_texts_and_new_words():
    training = Training(epochs=2, batch_size=32, learning_rate=1e-2)
    model = ELMoEmbedder(width=8, training=training, random_state=0).partial_fit(senses(60, seed=0)[0])
    before = model.transform(["loan bank"])
    words = len(model.vocabulary_)
    model.partial_fit([["loan", "novelty"], ["river", "novelty", "bank"]] * 10)
    assert np.abs(model.transform(["loan bank"]) - before).max() > 1e-3
    assert len(model.vocabulary_) == words
    assert model.transform(["novelty"]).any()


def test_another_network_may_read_the_words():
    training = Training(epochs=1, batch_size=32)
    model = ELMoEmbedder(width=8, words=CharacterBiLSTM, n_layers=1, training=training, random_state=0)
    assert model.fit(senses(40, seed=0)[0]).transform_layers([["bank"]])[0].shape == (2, 1, 16)


def test_a_mix_of_other_length_is_named():
    with pytest.raises(InputError, match="got 2 for 3"):
        ELMoEmbedder(mix=(0.0, 1.0)).fit(["a b a"])
