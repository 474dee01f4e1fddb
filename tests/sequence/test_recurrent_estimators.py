from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from torch import nn

from netwright.contracts.estimator import check_repeats
from netwright.core.errors import InputError
from netwright.data import read_sequences
from netwright.estimators import load, save
from netwright.layers import ElmanCell, GRUCell, LSTMCell, MinimalGatedCell
from netwright.sequence import RecurrentClassifier, RecurrentRegressor
from netwright.training import GradientClipping, Training

ONE = Training(epochs=1)
QUICK = Training(epochs=12, learning_rate=0.01, validation=0)
CELLS = [(ElmanCell, nn.RNN), (GRUCell, nn.GRU), (LSTMCell, nn.LSTM)]


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return data.images, data.target


def ragged(n_rows=60, seed=0):
    """Series of different lengths of which the sign of the mean is the label."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_rows)
    return [rng.normal(2 * label - 1, 1, size=(rng.integers(3, 12), 2)) for label in y], y


def adding(n_rows, n_steps, seed=0):
    """Two channels: numbers, and marks on two of them, whose sum is asked for."""
    rng = np.random.default_rng(seed)
    X = np.zeros((n_rows, n_steps, 2), dtype=np.float32)
    X[:, :, 0] = rng.uniform(size=(n_rows, n_steps))
    rows, half = np.arange(n_rows), n_steps // 2
    first, second = rng.integers(0, half, n_rows), rng.integers(half, n_steps, n_rows)
    X[rows, first, 1] = X[rows, second, 1] = 1
    return X, X[rows, first, 0] + X[rows, second, 0]


@pytest.mark.parametrize(("cell", "layer"), CELLS)
def test_a_fitted_estimator_answers_as_torchs_layer_with_its_weights(digits, cell, layer):
    """The reference: torch's RNN, GRU or LSTM with the weights copied, states equal to 1e-6."""
    X, y = digits
    model = RecurrentClassifier(cell, width=8, training=ONE, random_state=0).fit(X[:300], y[:300])
    network = model.network_.network
    whole = layer(8, 8, batch_first=True)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(whole, f"{name}_l0").copy_(getattr(network.layers.cells[0], name))
    scaled = torch.as_tensor((X[300:400] - model.scaler_.means) / model.scaler_.scales).float()
    with torch.no_grad():
        states = whole(scaled)[0]
        ours, _ = network.layers.cells[0].scan(scaled, network.layers.cells[0].initial_state(scaled[:, 0]))
        expected = network.out(states[:, -1]).softmax(1).numpy()
    torch.testing.assert_close(ours, states, atol=1e-6, rtol=0)
    np.testing.assert_allclose(model.predict_proba(X[300:400]), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"cell": GRUCell}, 0.88),
        ({"pooling": "max", "bidirectional": True}, 0.88),
        ({"cell": ElmanCell, "pooling": "mean"}, 0.78),
    ],
)
def test_digits_read_row_by_row_are_recognised(digits, settings, least):
    X, y = digits
    model = RecurrentClassifier(width=32, training=QUICK, random_state=0, **settings)
    assert model.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) > least


def test_lstm_solves_the_adding_problem_at_length_100_where_an_elman_network_fails():
    """The planted truth: the sum of two marked numbers; guessing the mean leaves 1/6."""
    X, y = adding(4000, 100)
    X_new, y_new = adding(500, 100, seed=1)
    left = {}
    for name, cell in (("lstm", partial(LSTMCell, forget_bias=4.0)), ("elman", ElmanCell)):
        recipe = Training(epochs=10, batch_size=50, learning_rate=0.01, validation=0)
        model = RecurrentRegressor(cell, width=24, training=recipe, random_state=0).fit(X, y)
        left[name] = float(np.square(model.predict(X_new) - y_new).mean())
    assert left["lstm"] < 0.02
    assert left["elman"] > 0.1


@pytest.mark.parametrize("cell", [GRUCell, MinimalGatedCell, partial(LSTMCell, forget_bias=0.5)])
def test_estimators_repeat_bit_by_bit_and_survive_being_put_away(cell):
    X, y = ragged()
    check_repeats(RecurrentClassifier(cell, width=4, depth=2, dropout=0.1, training=ONE), X, y)
    check_repeats(RecurrentRegressor(cell, width=4, pooling="attention", training=ONE), X, y)


def test_a_sequence_has_the_same_answer_whatever_stands_beside_it():
    X, y = ragged()
    model = RecurrentClassifier(width=8, depth=2, bidirectional=True, training=ONE, random_state=0).fit(X, y)
    together = model.predict_proba(X)
    alone = np.concatenate([model.predict_proba([series]) for series in X])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_missing_values_are_learned_from():
    """The planted truth: the label is whether the series misses a value."""
    X = np.random.default_rng(0).normal(size=(120, 8))
    y = np.arange(120) % 2
    X[y == 1, np.random.default_rng(1).integers(0, 8, 60)] = np.nan
    recipe = Training(epochs=20, learning_rate=0.02, validation=0)
    model = RecurrentClassifier(width=8, pooling="max", training=recipe, random_state=0).fit(X[:80], y[:80])
    assert model.scaler_.marked == (0,)
    assert model.score(X[80:], y[80:]) == 1.0
    with pytest.raises(InputError, match="no missing value"):
        model.predict(read_sequences(X, missing="raise"))


def test_recipe_and_settings_are_reached_and_gradients_are_clipped():
    X, y = ragged()
    model = RecurrentClassifier(width=4, training=ONE, random_state=0)
    assert "gradient clipping" in [choice.name for choice in model.fit(X, y).record_.choices]
    own = Training(epochs=1, callbacks=[GradientClipping(5.0)])
    record = clone(model).set_params(training=own).fit(X, y).record_
    assert "gradient clipping" not in [choice.name for choice in record.choices]
    arrays = np.stack([series[:3] for series in X])
    search = GridSearchCV(RecurrentClassifier(training=ONE), {"width": [2, 3]}, cv=2).fit(arrays, y)
    assert search.best_estimator_.network_.network.out.in_features in (2, 3)


def test_several_targets_and_weights(tmp_path):
    X, y = ragged()
    targets = np.stack([y, -y], 1)
    model = RecurrentRegressor(width=4, training=ONE, random_state=0).fit(
        X, targets, sample_weight=np.ones(60)
    )
    save(model, tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").predict(X), model.predict(X))
    assert model.predict(X).shape == (60, 2)


def test_bad_input_is_told_by_row_and_step():
    X, y = ragged(20)
    model = RecurrentClassifier(width=2, training=ONE)
    with pytest.raises(NotFittedError):
        model.predict(X)
    broken = [series.copy() for series in X]
    broken[7][2, 1] = np.inf
    with pytest.raises(InputError, match="inf in row 7, step 2"):
        model.fit(broken, y)
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit(X, y[:-1])
    with pytest.raises(InputError, match="pooling"):
        RecurrentClassifier(pooling="first", training=ONE).fit(X, y)
    with pytest.raises(InputError, match="depth must be at least 1"):
        RecurrentClassifier(depth=0, training=ONE).fit(X, y)
    model.fit(X, y)
    with pytest.raises(ValueError, match="features"):
        model.predict([series[:, :1] for series in X])
    with pytest.raises(InputError, match="row 0"):
        model.predict([[]])
