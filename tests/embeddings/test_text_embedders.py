"""What every embedder of texts owes its user."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.embeddings import (
    CharacterEmbedder,
    Chars2Vec,
    ELMoEmbedder,
    FlairEmbedder,
    QuickThought,
    SkipThought,
    StackedEmbedder,
    Tweet2Vec,
)
from netwright.training import Callback, Training

TEXTS = ["The river bank was wet.", "A bank lent money", "", "a boat on the river"] * 3
ONE = Training(epochs=1)
OF_TOKENS = [
    ELMoEmbedder(width=4, training=ONE, random_state=0),
    FlairEmbedder(hidden=4, training=ONE, random_state=0),
    CharacterEmbedder(width=4, training=ONE, random_state=0),
    Chars2Vec(width=4, training=ONE, random_state=0),
    StackedEmbedder(
        [Chars2Vec(width=4, training=ONE, random_state=0), FlairEmbedder(3, training=ONE, random_state=0)]
    ),
]
OF_TEXTS = [
    Tweet2Vec(width=4, n_filters=4, training=ONE, random_state=0),
    SkipThought(width=4, hidden=4, training=ONE, random_state=0),
    QuickThought(width=4, hidden=4, training=ONE, random_state=0),
]
every = pytest.mark.parametrize("model", [*OF_TOKENS, *OF_TEXTS], ids=lambda model: type(model).__name__)


@every
def test_the_same_seed_gives_the_same_bytes_and_leaves_the_users_streams_alone(model):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    first = clone(model).fit(TEXTS).transform(TEXTS)
    drawn = torch.rand(1).item(), np.random.random()  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    assert drawn == (torch.rand(1).item(), np.random.random())  # noqa: NPY002
    assert clone(model).fit(iter(TEXTS)).transform(TEXTS).tobytes() == first.tobytes()
    assert first.dtype == np.float32
    assert first.shape == (12, len(model.fit(TEXTS).get_feature_names_out()))
    assert not first[2].any()
    assert first[0].any()


@every
def test_it_survives_pickling_and_refuses_before_fit_what_it_does_not_know(model):
    with pytest.raises((NotFittedError, AttributeError)):
        clone(model).transform(TEXTS)
    fitted = clone(model).fit(TEXTS)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(TEXTS), fitted.transform(TEXTS))
    assert fitted.transform([]).shape == (0, fitted.width_)


@every
def test_one_text_numbers_and_texts_without_words_are_refused(model):
    for bad in ("one text", [1, 2], [["a"], "b"]):
        with pytest.raises(InputError):
            clone(model).fit(bad)
    with pytest.raises(InputError):
        clone(model).fit(["", ""])
    if not isinstance(model, StackedEmbedder):
        with pytest.raises(InputError, match="training must be a Training"):
            clone(model).set_params(training="fast").fit(TEXTS)


@pytest.mark.parametrize("model", OF_TOKENS, ids=lambda model: type(model).__name__)
def test_each_token_has_a_vector_and_a_text_their_mean(model):
    fitted = clone(model).fit(TEXTS)
    tokens = [["a", "bank", "of", "paper"], [], ["ungetüm"]]
    found = fitted.transform_tokens(tokens)
    assert [one.shape for one in found] == [(4, fitted.width_), (0, fitted.width_), (1, fitted.width_)]
    np.testing.assert_allclose(fitted.transform(tokens)[0], found[0].astype(np.float64).mean(0), atol=1e-7)
    np.testing.assert_allclose(fitted.transform(["A bank of paper"])[0], found[0].mean(0), atol=1e-6)
    with pytest.raises(InputError, match="tokens must be lists of tokens"):
        fitted.transform_tokens(["a text"])


def test_the_recipe_with_its_callbacks_and_its_validation_reaches_the_training():
    class Count(Callback):
        def __init__(self):
            self.epochs = []

        def on_epoch_end(self, run):
            self.epochs.append(run.values["validation_loss"])

    count = Count()
    recipe = Training(epochs=3, validation=0.25, callbacks=[count])
    model = SkipThought(width=4, hidden=4, training=recipe, random_state=0).fit(TEXTS)
    assert model.record_.values("validation_loss") == count.epochs
    assert len(count.epochs) == 3
