import itertools
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from netwright.core.errors import InputError
from netwright.embeddings import CLIPEmbedder
from netwright.training import Training

SIDE = 16
COLOURS = {"red": (220, 40, 40), "green": (40, 200, 60), "blue": (50, 70, 230), "yellow": (220, 210, 40)}
SHAPES = ("square", "cross", "ring", "bar")
PLACES = {"top left": (0, 0), "top right": (0, 8), "bottom left": (8, 0), "bottom right": (8, 8)}
COMBINATIONS = list(itertools.product(range(4), repeat=3))
UNSEEN = [one for one in COMBINATIONS if sum(one) % 4 == 0]
"""Sixteen of 64: for each colour and shape there is one place at which the model never sees them."""


def stencil(shape):
    rows, columns = np.mgrid[:7, :7]
    return {
        "square": (rows > 0) & (columns > 0),
        "cross": (rows == 3) | (columns == 3),
        "ring": np.abs(np.hypot(rows - 3, columns - 3) - 2.6) < 0.8,
        "bar": np.abs(rows - 3) < 2,
    }[shape]


SEEN = [one for one in COMBINATIONS if one not in UNSEEN]


def pairs(combinations, repeats, seed):
    rng = np.random.default_rng(seed)
    pictures, captions = [], []
    for colour, shape, place in combinations * repeats:
        picture = rng.integers(0, 70, (SIDE, SIDE, 3))
        top, left = (start + rng.integers(0, 2) for start in list(PLACES.values())[place])
        inside = stencil(SHAPES[shape])
        paint = np.array(list(COLOURS.values())[colour]) + rng.integers(-30, 31, 3)
        picture[top : top + 7, left : left + 7][inside] = np.clip(paint, 0, 255)
        pictures.append(picture.astype(np.uint8))
        captions.append(f"a {list(COLOURS)[colour]} {SHAPES[shape]} at the {list(PLACES)[place]}")
    return np.array(pictures), captions


@pytest.fixture(scope="module")
def model():
    return CLIPEmbedder(width=32, training=Training(epochs=20), random_state=0).fit(*pairs(SEEN, 16, seed=0))


def test_captions_of_unseen_combinations_find_their_pictures_above_0_9(model):
    pictures, captions = pairs(COMBINATIONS, 3, seed=1)
    vectors = model.transform(pictures)
    queries = pairs(UNSEEN, 1, seed=2)[1]
    best = model.search(queries, vectors, n=1)[:, 0]
    recall = np.mean([captions[row] == query for row, query in zip(best, queries, strict=True)])
    assert recall > 0.9
    assert model.score(vectors, captions) > 0.9


def test_pictures_of_unseen_combinations_choose_their_caption_above_0_9(model):
    pictures, captions = pairs(UNSEEN, 10, seed=3)
    every = pairs(COMBINATIONS, 1, seed=0)[1]
    chosen = model.choose(pictures, every)
    right = np.mean([every[one] == caption for one, caption in zip(chosen, captions, strict=True)])
    assert right > 0.9


def test_a_colour_alone_finds_pictures_of_that_colour(model):
    pictures, captions = pairs(COMBINATIONS, 1, seed=4)
    for colour, best in zip(
        COLOURS, model.search([f"something {one}" for one in COLOURS], pictures, n=8), strict=True
    ):
        assert all(colour in captions[row] for row in best)


def small(**settings):
    return CLIPEmbedder(
        width=8, maps=(4,), embedding=8, training=Training(epochs=2), random_state=0, **settings
    )


def test_a_seed_repeats_and_the_users_stream_stays_where_it_is():
    pictures, captions = pairs(SEEN, 1, seed=0)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, second = (small().fit(pictures, captions) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.transform(pictures).tobytes() == second.transform(pictures).tobytes()
    assert first.transform_texts(captions).tobytes() == second.transform_texts(captions).tobytes()
    other = clone(first).set_params(random_state=1).fit(pictures, captions)
    assert first.transform(pictures).tobytes() != other.transform(pictures).tobytes()


def test_what_is_pickled_answers_as_before_and_temperature_has_been_learned():
    pictures, captions = pairs(SEEN, 1, seed=0)
    model = small().fit(pictures, captions)
    again = pickle.loads(pickle.dumps(model))
    assert again.transform(pictures).tobytes() == model.transform(pictures).tobytes()
    assert again.transform_texts(captions).tobytes() == model.transform_texts(captions).tobytes()
    assert abs(float(model.network_.scale.detach()) - 1 / 0.07) > 1e-4
    assert model.get_feature_names_out().tolist() == [f"clipembedder{i}" for i in range(8)]
    np.testing.assert_allclose(np.linalg.norm(model.transform(pictures), axis=1), 1, atol=1e-5)


def test_the_order_of_words_counts_where_it_is_read():
    pictures, captions = pairs(SEEN, 1, seed=0)
    turned = [" ".join(reversed(caption.split())) for caption in captions[:3]]
    mean, read = small().fit(pictures, captions), small(reads_order=True).fit(pictures, captions)
    np.testing.assert_allclose(mean.transform_texts(captions[:3]), mean.transform_texts(turned), atol=1e-6)
    assert not np.allclose(read.transform_texts(captions[:3]), read.transform_texts(turned), atol=1e-3)


def test_forms_of_pictures_lists_of_tokens_and_texts_without_words_are_taken():
    pictures, captions = pairs(SEEN, 1, seed=0)
    model = small().fit(torch.from_numpy(pictures).permute(0, 3, 1, 2), [one.split() for one in captions])
    assert model.transform(list(pictures[:2])).tobytes() == model.transform(pictures[:2]).tobytes()
    assert np.array_equal(
        model.transform_texts(captions[:2]), model.transform_texts([one.split() for one in captions[:2]])
    )
    assert np.isfinite(model.transform_texts(["", "unheard"])).all()
    assert model.search(captions[:2], pictures[:3], n=10).shape == (2, 3)
    assert small().fit(pictures, captions).score(pictures, captions) <= 1


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda X, y: small().fit(X, y[:-1]), InputError, "48 pictures and 47 captions; pair them"),
        (lambda X, y: small().fit(X, "red"), InputError, "X must be texts or lists of tokens"),
        (lambda X, y: small().transform(X), NotFittedError, "not fitted"),
        (lambda X, y: small().transform_texts(y), NotFittedError, "not fitted"),
    ],
    ids=["lengths", "one-text", "pictures-unfitted", "texts-unfitted"],
)
def test_what_does_not_fit_is_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call(*pairs(SEEN, 1, seed=0))
