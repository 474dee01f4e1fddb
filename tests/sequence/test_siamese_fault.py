"""Faults that training never saw, found by one example of each."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.sequence import SiameseFaultDetector
from netwright.training import Training

SENSORS, STEPS = 4, 40
TIME = np.arange(STEPS)
SIGNS = {
    "drift": lambda start: np.clip(TIME - start, 0, None) / 8,
    "swing": lambda start: 2.0 * np.sin(1.6 * TIME) * (start <= TIME),
    "drop": lambda start: -2.0 * (start <= TIME),
    "bumps": lambda start: 3.0 * ((TIME - start) % 6 == 0) * (start <= TIME),
}
FAULTS = list(itertools.product(range(SENSORS), SIGNS))
UNSEEN = [(0, "drift"), (1, "swing"), (2, "drop"), (3, "bumps")]


def recordings(faults, each, seed):
    """Sensors of a belt, each fault on one of them from some moment on; "nothing" among the faults."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for fault in [None, *faults]:
        for _ in range(each):
            x = 0.7 * np.sin(0.3 * TIME[:, None] + rng.uniform(0, 6, SENSORS))
            x += rng.normal(0, 0.3, (STEPS, SENSORS))
            if fault is not None:
                x[:, fault[0]] += SIGNS[fault[1]](rng.integers(5, 15))
            X.append(x)
            y.append("nothing" if fault is None else f"{fault[1]} of {fault[0]}")
    return np.stack(X), np.array(y)


def test_unseen_faults_are_found_by_one_example_each():
    known = [fault for fault in FAULTS if fault not in UNSEEN]
    model = SiameseFaultDetector(training=Training(epochs=30, learning_rate=5e-3), random_state=0)
    model.fit(*recordings(known, 24, seed=0))
    X, y = recordings(UNSEEN, 30, seed=1)
    examples, labels = recordings(UNSEEN, 1, seed=2)
    alike = model.similarity(X, examples[1:])
    areas = [
        roc_auc_score(y == label, alike[:, place]) for place, label in enumerate(labels[1:])
    ]  # among usual recordings and the other unseen faults
    assert np.mean(areas) > 0.9
    raw = -np.square(X[:, None] - examples[None, 1:]).sum((2, 3))
    plain = [roc_auc_score(y == label, raw[:, place]) for place, label in enumerate(labels[1:])]
    assert np.mean(areas) > np.mean(plain) + 0.05


def test_similarity_is_that_of_codes():
    X, y = recordings(FAULTS[:2], 4, seed=0)
    model = SiameseFaultDetector(width=3, hidden=4, training=Training(epochs=1), random_state=0).fit(X, y)
    codes = torch.from_numpy(model.transform(X[:5]))
    by_hand = [[float(torch.exp(-(a - b).norm())) for b in codes[:2]] for a in codes]
    np.testing.assert_allclose(model.similarity(X[:5], X[:2]), by_hand, rtol=1e-4, atol=1e-4)
    assert model.recognise(X[:2], X[:2], ["a", "b"]).tolist() == ["a", "b"]


def test_series_of_several_lengths_with_gaps_are_taken_and_it_repeats():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in rng.integers(3, 9, 30)]
    X[4][1, 0] = np.nan
    model = SiameseFaultDetector(width=3, hidden=4, training=Training(epochs=2))
    check_repeats(model, X, np.arange(30) % 3)


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(InputError, match="two classes or more"):
        SiameseFaultDetector().fit(np.zeros((4, 5)), [0, 0, 0, 0])
    with pytest.raises(InputError, match="width must be a whole number from 1"):
        SiameseFaultDetector(width=0).fit(np.zeros((4, 5)), [0, 0, 1, 1])
