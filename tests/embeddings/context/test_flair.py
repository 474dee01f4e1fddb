import numpy as np
import pytest
import torch

from netwright.embeddings import FlairEmbedder
from netwright.embeddings.context.flair import PIECE, PieceSamples
from netwright.training import Training

TEXTS = ["the river bank was wet", "the bank lent money", "a boat on the river"] * 20


@pytest.fixture(scope="module")
def model():
    training = Training(epochs=60, batch_size=16, learning_rate=1e-2)
    return FlairEmbedder(hidden=16, character_width=8, training=training, random_state=0).fit(TEXTS)


def test_the_same_word_has_another_vector_in_another_context(model):
    one, other = model.transform_tokens([["river", "bank", "was"], ["the", "bank", "was"]])
    assert np.abs(one[1, :16] - other[1, :16]).max() > 1e-3  # what stands before
    np.testing.assert_allclose(one[1, 16:], other[1, 16:], atol=1e-6)  # what stands behind is the same


def test_a_vector_is_the_forward_state_at_the_words_end_and_the_backward_state_at_its_start(model):
    texts = [["river", "bank", "x"], ["was"], [], ["the", "boat", "on"]]
    for tokens, vectors in zip(texts, model.transform_tokens(texts), strict=True):
        text = " ".join(tokens)
        numbers = model.alphabet_.numbers(text).tolist()
        with torch.no_grad():
            forward = model.network_.states(torch.tensor([[4, *numbers]]))[0, 1:]
            backward = model.backward_network_.states(torch.tensor([[5, *numbers[::-1]]]))[0, 1:].flip(0)
        assert vectors.shape == (len(tokens), 32)
        start = 0
        for token, vector in zip(tokens, vectors, strict=True):
            end = start + len(token) - 1
            expected = torch.cat([forward[end], backward[start]])
            torch.testing.assert_close(torch.from_numpy(vector), expected)
            start = end + 2


def test_both_models_learn_to_guess(model):
    for record in (model.record_, model.backward_record_):
        losses = record.values("loss")
        assert losses[-1] < 0.5 * losses[0]


def test_the_backward_model_learns_the_text_turned_about(model):
    with torch.no_grad():
        read = model.alphabet_.numbers("the river bank was wet"[:11:-1] + "knab"[:3])
        guesses = model.backward_network_(torch.tensor([[5, *read]]))
    spelt = "".join(chr(model.alphabet_.codes[one - 6]) for one in guesses[0, -3:].argmax(-1).tolist())
    assert spelt == "nab"


def test_pieces_cover_the_whole_text_each_with_what_follows():
    flat = np.arange(1, 2 * PIECE + 5)
    pieces = PieceSamples(flat)[torch.arange(3)]
    assert pieces.real.sum() == len(flat) - 1
    assert pieces.characters[pieces.real].tolist() == flat[:-1].tolist()
    assert pieces.following[pieces.real].tolist() == flat[1:].tolist()
