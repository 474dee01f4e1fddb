"""Vectors of series from which they can be rebuilt, and their future be told."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.data import read_sequences
from netwright.embeddings import LSTMAutoencoder
from netwright.estimators.foretelling import PastAndFuture
from netwright.training import Training


def films(n_rows, n_frames=14, side=10, seed=0):
    """A spot that runs around a ring of pixels: how fast and which way is the class."""
    rng, kinds = np.random.default_rng(seed), np.arange(n_rows) % 4
    speed = np.array([-2, -1, 1, 2])[kinds]
    places = rng.uniform(0, side, n_rows)[:, None] + speed[:, None] * np.arange(n_frames)
    away = np.abs((places[:, :, None] - np.arange(side) + side / 2) % side - side / 2)
    return np.exp(-np.square(away)) + rng.normal(0, 0.1, (n_rows, n_frames, side)), kinds


def test_a_linear_probe_sees_more_in_codes_than_in_frames_and_copying_the_last_frame_is_beaten():
    X, _ = films(400)
    recipe = Training(epochs=40, learning_rate=5e-3)
    model = LSTMAutoencoder(width=32, horizon=4, training=recipe, random_state=0).fit(X)
    (old, y), (new, truth) = films(200, n_frames=10, seed=1), films(200, n_frames=14, seed=2)
    past, future = new[:, :10], new[:, 10:]

    def probe(answer):
        linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        return linear.fit(answer(old), y).score(answer(past), truth)

    raw = probe(lambda films: films.reshape(len(films), -1))
    assert probe(model.transform) > raw + 0.1
    told = np.square(model.predict_future(past) - future).mean()
    assert told < 0.5 * np.square(past[:, -1:] - future).mean()
    assert model.reconstruction_error(past).mean() < 0.7


def test_the_future_of_a_batch_is_its_last_real_steps():
    samples = read_sequences([np.arange(5.0), np.arange(10.0, 13.0)])
    batch = PastAndFuture(samples, 2)[torch.tensor([0, 1])]
    assert batch.target[:, :, 0].tolist() == [[3, 4], [11, 12]]
    assert batch.inputs.values[:, :, 0].tolist() == [[0, 1, 2], [10, 0, 0]]
    assert batch.inputs.mask.tolist() == [[True, True, True], [True, False, False]]
    assert batch.inputs.lengths.tolist() == [3, 1]


@pytest.mark.parametrize("settings", [{}, {"horizon": 0}, {"conditional": True}])
def test_series_of_several_lengths_with_gaps_are_taken_and_it_repeats(settings):
    rng = np.random.default_rng(0)
    X = [rng.normal(5, 2, size=(length, 2)) for length in rng.integers(6, 10, 24)]
    X[4][1, 0] = np.nan
    check_repeats(LSTMAutoencoder(width=3, training=Training(epochs=2), **settings), X)


def test_names_of_features_and_a_code_for_each_series():
    X = np.random.default_rng(0).normal(size=(12, 8))
    model = LSTMAutoencoder(width=3, training=Training(epochs=1), random_state=0).fit(X)
    assert model.transform(X).shape == (12, 3)
    assert model.get_feature_names_out().tolist() == [f"lstmautoencoder{n}" for n in range(3)]
    assert model.predict_future(X).shape == (12, 4, 1)
    alone = LSTMAutoencoder(width=3, horizon=0, training=Training(epochs=1), random_state=0).fit(X)
    assert alone.predict_future(X).shape == (12, 0, 1)


def test_series_no_longer_than_their_future_are_refused():
    with pytest.raises(InputError, match="below the shortest series, 4, got 4"):
        LSTMAutoencoder(horizon=4).fit(np.zeros((3, 4)))
    with pytest.raises(InputError, match="at least 2 series"):
        LSTMAutoencoder(horizon=1).fit(np.zeros((1, 4)))
