"""Shapelets that are learned and that classify."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.layers import Shapelets
from netwright.sequence import ShapeletClassifier
from netwright.training import Training

TSLEARN = json.loads((Path(__file__).parent / "fixtures" / "tslearn_shapelets.json").read_text())
SHAPE = np.array([0.0, 1.0, 2.0, 3.0, 1.0, -3.0, -2.0, -1.0, 0.5, 1.5, 0.0, -0.5])


def planted(n_rows, seed=0):
    """Noise, and in every other row one shape, anywhere."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(0, 0.5, (n_rows, 60)), np.arange(n_rows) % 2
    for row in np.flatnonzero(y):
        place = rng.integers(60 - len(SHAPE))
        X[row, place : place + len(SHAPE)] += SHAPE
    return X, y


def test_distances_equal_tslearns():
    shapelets = [torch.tensor(one)[:, None] for one in TSLEARN["shapelets"]]
    layer = Shapelets(1, {4: 2, 7: 3}, alpha=-1e6).double()
    with torch.no_grad():
        layer.shapelets[0].copy_(torch.stack(shapelets[:2]))
        layer.shapelets[1].copy_(torch.stack(shapelets[2:]))
    found = layer(torch.tensor(TSLEARN["series"], dtype=torch.float64)[:, :, None])
    np.testing.assert_allclose(found.detach(), TSLEARN["distances"], atol=1e-5)


def test_a_planted_shape_is_recovered_and_tells_the_classes_apart():
    X, y = planted(320)
    model = ShapeletClassifier(sizes={16: 8}, random_state=0, training=Training(epochs=60)).fit(X, y)
    assert model.score(*planted(200, seed=1)) > 0.95
    nearest = model.network_.out.weight.detach().numpy()[0].argmin()  # to be near it speaks for the class
    learned = model.shapelets_[0][nearest, :, 0]
    pieces = np.lib.stride_tricks.sliding_window_view(learned, len(SHAPE))
    assert max(np.corrcoef(piece, SHAPE)[0, 1] for piece in pieces) > 0.95


def test_series_of_several_lengths_and_features_are_taken_and_it_repeats():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in rng.integers(4, 15, 40)]
    X[3][2, 1] = np.nan
    y = np.array(["a", "b", "c", "a"] * 10)
    model = ShapeletClassifier(sizes={3: 2, 6: 1}, training=Training(epochs=2))
    check_repeats(model, X, y)
    fitted = model.set_params(random_state=0).fit(X, y)
    assert fitted.distances(X[:5]).shape == (5, 3)
    np.testing.assert_allclose(fitted.distances(X[:5])[2], fitted.distances(X[2:3])[0], rtol=1e-4, atol=1e-5)
    assert [one.shape for one in fitted.shapelets_] == [(2, 3, 2), (1, 6, 2)]


def test_shapelets_longer_than_all_series_are_refused():
    with pytest.raises(InputError, match="pieces of 30 steps"):
        ShapeletClassifier(sizes={30: 2}).fit(np.zeros((4, 20)), [0, 1, 0, 1])
