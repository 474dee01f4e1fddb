"""Series grouped by how they run, without labels."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.losses import BinaryFocalLoss, BinaryInformationGain, ParzenEntropy
from netwright.sequence import LSTMClusterer
from netwright.training import Training

TIME = np.arange(24)


def pulses(n_rows, seed=0):
    """An up and a down, in this order or the other, at any time, with noise."""
    rng, kinds = np.random.default_rng(seed), np.arange(n_rows) % 2
    X = rng.normal(0, 0.1, (n_rows, len(TIME)))
    for row, kind in enumerate(kinds):
        first, second = sorted(rng.choice(np.arange(0, 21, 4), 2, replace=False))
        sign = 1 if kind else -1
        X[row, first : first + 4] += sign
        X[row, second : second + 4] -= sign
    return X, kinds


@pytest.mark.parametrize("objective", [BinaryInformationGain, ParzenEntropy], ids=["BINGO", "NEO"])
def test_temporal_types_are_found_without_labels(objective):
    X, kinds = pulses(160)
    model = LSTMClusterer(objective, beginnings=3, random_state=0).fit(X)
    assert adjusted_rand_score(kinds, model.labels_) > 0.9
    new, known = pulses(100, seed=1)
    assert adjusted_rand_score(known, model.predict(new)) > 0.9
    by_values = KMeans(2, n_init=10, random_state=0).fit_predict(X)
    assert adjusted_rand_score(kinds, by_values) < 0.5


def test_series_that_rise_and_that_fall_gather_in_two_places():
    rng, kinds = np.random.default_rng(0), np.arange(120) % 2
    X = (2 * kinds[:, None] - 1) * (TIME - 11.5) / 8 + rng.normal(0, 0.3, (120, 24))
    model = LSTMClusterer(ParzenEntropy, beginnings=2, random_state=0).fit(X)
    assert adjusted_rand_score(kinds, model.labels_) > 0.9
    places = model.transform(X)[:, 0]
    assert min(places[kinds == kind].std() for kind in (0, 1)) < 0.1 * places.std()


@pytest.mark.parametrize("objective", [BinaryInformationGain, ParzenEntropy], ids=["BINGO", "NEO"])
def test_it_repeats_and_survives_saving(objective):
    X = [np.random.default_rng(n).normal(size=(3 + n % 4, 2)) for n in range(20)]
    check_repeats(LSTMClusterer(objective, hidden=3, beginnings=2, training=Training(epochs=2)), X)


def test_senseless_settings_are_named():
    with pytest.raises(InputError, match="objective must be BinaryInformationGain or ParzenEntropy"):
        LSTMClusterer(BinaryFocalLoss).fit(np.zeros((4, 5)))
    with pytest.raises(InputError, match="must be at least 1, got 0 and 5"):
        LSTMClusterer(hidden=0).fit(np.zeros((4, 5)))
