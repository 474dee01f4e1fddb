import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from netwright.core.errors import InputError
from netwright.data import Vocabulary
from netwright.embeddings import (
    CharacterEmbedder,
    FlairEmbedder,
    StackedEmbedder,
    WordTableEmbedder,
    WordVectors,
)
from netwright.training import Training

TEXTS = ["the river bank was wet", "the bank lent money", "a boat on the river"] * 5
FEW = Training(epochs=1)


def table():
    words = Vocabulary(["the", "river", "bank", "money"])
    return WordVectors(words, np.random.default_rng(0).normal(size=(4, 3)))


@pytest.fixture(scope="module")
def model():
    flair = FlairEmbedder(hidden=4, training=FEW, random_state=0)
    characters = CharacterEmbedder(width=6, training=FEW, random_state=0)
    return StackedEmbedder([table(), flair, characters]).fit(TEXTS)


def test_the_width_is_the_sum_and_the_parts_stand_side_by_side(model):
    tokens = [["the", "bank"], [], ["unseen"]]
    found = model.transform_tokens(tokens)
    assert model.width_ == 3 + 8 + 6
    assert [one.shape for one in found] == [(2, 17), (0, 17), (1, 17)]
    for part, cut in zip(model.embedders_, (slice(0, 3), slice(3, 11), slice(11, 17)), strict=True):
        for one, other in zip(part.transform_tokens(tokens), found, strict=True):
            np.testing.assert_array_equal(one, other[:, cut])


def test_a_texts_vector_is_the_mean_over_its_tokens(model):
    texts = ["the bank", "", "river of money", "unseen"]
    pooled = model.transform(texts)
    for text, vector in zip(texts, pooled, strict=True):
        tokens = model.transform_tokens([text.split()])[0].astype(np.float64)
        np.testing.assert_allclose(vector, tokens.mean(0) if len(tokens) else 0, atol=1e-7)


def test_what_is_frozen_is_not_fitted_again(model):
    flair = model.embedders_[1]
    again = StackedEmbedder([FrozenEstimator(flair)]).fit(["quite other texts"])
    np.testing.assert_array_equal(again.transform(TEXTS), flair.transform(TEXTS))
    anew = StackedEmbedder([flair]).fit(["quite other texts"])
    assert np.abs(anew.transform(TEXTS) - flair.transform(TEXTS)).max() > 1e-3


def test_a_table_gives_its_vectors_and_zeros_for_words_that_it_lacks():
    vectors = table()
    (found,) = WordTableEmbedder(vectors).fit(None).transform_tokens([["bank", "moat", "the"]])
    np.testing.assert_array_equal(found, [vectors["bank"], [0, 0, 0], vectors["the"]])


def test_none_to_stack_and_no_vectors_are_named():
    with pytest.raises(InputError, match="embedders must be at least one"):
        StackedEmbedder([]).fit(TEXTS)
    with pytest.raises(InputError, match="vectors must be WordVectors"):
        StackedEmbedder(["glove"]).fit(TEXTS)
