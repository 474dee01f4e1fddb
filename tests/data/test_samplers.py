"""Samplers for imbalanced classes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from netwright.contracts import check_sampler
from netwright.core.errors import TableError
from netwright.data import RandomOverSampler, RandomUnderSampler, split_rows

Y = np.repeat([0, 1, 2], [100, 40, 7])


def counts(y):
    return np.unique(y, return_counts=True)[1].tolist()


def test_over_sampling_makes_all_classes_equal_and_keeps_every_row():
    rows = RandomOverSampler().rows(Y, np.random.default_rng(0))
    assert counts(Y[rows]) == [100, 100, 100]
    np.testing.assert_array_equal(rows[: len(Y)], np.arange(len(Y)))


def test_over_sampling_repeats_at_random():
    rows = RandomOverSampler().rows(Y, np.random.default_rng(0))
    repeated = rows[len(Y) :]
    per_row = np.bincount(repeated[Y[repeated] == 2])[140:]
    assert per_row.min() >= 5  # 93 draws among 7 rows
    assert per_row.max() <= 25
    assert (rows != RandomOverSampler().rows(Y, np.random.default_rng(1))).any()


def test_under_sampling_makes_all_classes_equal_and_repeats_no_row():
    rows = RandomUnderSampler().rows(Y, np.random.default_rng(0))
    assert counts(Y[rows]) == [7, 7, 7]
    assert len(np.unique(rows)) == len(rows)
    assert (rows != RandomUnderSampler().rows(Y, np.random.default_rng(1))).any()


def test_a_ratio_stops_on_the_way():
    rng = np.random.default_rng(0)
    assert counts(Y[RandomOverSampler(0.5).rows(Y, rng)]) == [100, 50, 50]
    assert counts(Y[RandomOverSampler(0.3).rows(Y, rng)]) == [100, 40, 30]
    assert counts(Y[RandomUnderSampler(0.5).rows(Y, rng)]) == [14, 14, 7]
    assert counts(Y[RandomUnderSampler(0.1).rows(Y, rng)]) == [70, 40, 7]


def imbalanced_digits(seed):
    """Eights against the rest, 50 to 1 in training, as they come in the test."""
    X, y = load_digits(return_X_y=True)
    y = (y == 8).astype(int)
    training, test = split_rows(len(y), fraction=0.4, y=y, random_state=seed)
    eights, others = training[y[training] == 1], training[y[training] == 0]
    training = np.concatenate([others, eights[: len(others) // 50]])
    return X[training] / 16, y[training], X[test] / 16, y[test]


@pytest.mark.parametrize("sampler", [RandomOverSampler, RandomUnderSampler])
def test_sampling_raises_balanced_accuracy_on_digits_of_fifty_to_one(sampler):
    gains = []
    for seed in range(3):
        X, y, X_test, y_test = imbalanced_digits(seed)
        assert 49 <= counts(y)[0] / counts(y)[1] <= 52
        plain = LogisticRegression(max_iter=500).fit(X, y)
        sampled = LogisticRegression(max_iter=500).fit(*sampler(random_state=seed).fit_resample(X, y))
        scores = [balanced_accuracy_score(y_test, model.predict(X_test)) for model in (plain, sampled)]
        gains.append(scores[1] - scores[0])
    assert min(gains) > 0.05


@pytest.mark.parametrize("strategy", ["balanced", 0.5])
@pytest.mark.parametrize("sampler", [RandomOverSampler, RandomUnderSampler])
def test_samplers_keep_their_contract(sampler, strategy):
    check_sampler(sampler(strategy))


@pytest.mark.parametrize("sampler", [RandomOverSampler, RandomUnderSampler])
def test_frames_and_arrays_are_sampled_alike(sampler):
    X = np.arange(2 * len(Y)).reshape(-1, 2)
    one = sampler(random_state=0)
    X_array, y_array = one.fit_resample(X, Y)
    X_frame, y_frame = sampler(random_state=0).fit_resample(pd.DataFrame(X), pd.Series(Y))
    np.testing.assert_array_equal(X_array, X_frame)
    np.testing.assert_array_equal(y_array, y_frame)
    np.testing.assert_array_equal(X_array, X[one.sample_indices_])
    assert isinstance(y_frame, pd.Series)


@pytest.mark.parametrize("sampler", [RandomOverSampler, RandomUnderSampler])
def test_what_cannot_be_balanced_is_told(sampler):
    rng = np.random.default_rng(0)
    with pytest.raises(TableError, match="at least 2 classes"):
        sampler().rows([1, 1], rng)
    with pytest.raises(TableError, match="strategy must be"):
        sampler(0.0).rows(Y, rng)
    with pytest.raises(TableError, match="strategy must be"):
        sampler("auto").rows(Y, rng)
    with pytest.raises(TableError, match="one class per row"):
        sampler().rows([[0, 1]], rng)
