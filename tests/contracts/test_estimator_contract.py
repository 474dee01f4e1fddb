"""The contract of estimators passes healthy ones and names what is wrong with each sick one."""

import random

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB

from netwright.contracts import check_estimator, check_repeats
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training

QUICK = Training(epochs=2, batch_size=32)


class MovesTorch(Ridge):
    def fit(self, X, y):
        torch.rand(1)
        return super().fit(X, y)


class MovesPythonInPredict(Ridge):
    def predict(self, X):
        random.random()
        return super().predict(X)


class Unseeded(Ridge):
    def fit(self, X, y):
        super().fit(X, y)
        self.coef_ = self.coef_ + np.random.default_rng().normal(size=self.coef_.shape)
        return self


class GoesOnWhereItWas(Ridge):
    def fit(self, X, y):
        before = getattr(self, "coef_", 0.0)
        super().fit(X, y)
        self.coef_ = self.coef_ + before
        return self


class CountsItsCalls(Ridge):
    def predict(self, X):
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super().predict(X) + self.calls_


class NotPicklable(Ridge):
    def fit(self, X, y):
        self.link_ = lambda x: x
        return super().fit(X, y)


class ForgetsInPickle(Ridge):
    def __setstate__(self, state):
        super().__setstate__(state)
        self.coef_ = np.zeros_like(self.coef_)


class ReadsTheSeedOfItsObject(Ridge):
    def fit(self, X, y):
        super().fit(X, y)
        self.coef_ = self.coef_ + id(self) % 1009
        return self


class NoAnswers(Ridge):
    @property
    def predict(self):
        raise AttributeError


def test_healthy_estimators_pass():
    check_estimator(GaussianNB())
    check_repeats(Ridge())
    check_repeats(PCA(n_components=2))


@pytest.mark.parametrize("deep", [MLPClassifier, MLPRegressor])
def test_deep_estimators_repeat_and_survive_saving(deep):
    check_repeats(deep(hidden=(4,), training=QUICK))


def test_what_saving_loses_is_named(monkeypatch):
    import netwright.estimators

    def forgetful(folder, *, classes=()):
        model = MLPRegressor(hidden=(4,), training=QUICK, random_state=1)
        return model.fit(np.random.default_rng(0).normal(size=(60, 4)), np.arange(60.0))

    monkeypatch.setattr(netwright.estimators, "load", forgetful)
    with pytest.raises(AssertionError, match="gives other bits in predict after saving and loading"):
        check_repeats(MLPRegressor(hidden=(4,), training=QUICK))


@pytest.mark.parametrize(
    ("sick", "sentence"),
    [
        (MovesTorch, "moves torch's global random stream in fit"),
        (MovesPythonInPredict, "moves Python's random stream in predict"),
        (Unseeded, "gives other bits in predict when fitted again with the same seed"),
        (GoesOnWhereItWas, "when fitted again with the same seed"),
        (CountsItsCalls, "gives other bits in predict when asked twice"),
        (ReadsTheSeedOfItsObject, "from a clone with the same seed"),
        (NotPicklable, "cannot be pickled after fit"),
        (ForgetsInPickle, "gives other bits in predict after pickling"),
        (NoAnswers, "must have predict or transform"),
    ],
)
def test_a_sick_estimator_is_named_with_what_broke(sick, sentence):
    with pytest.raises(AssertionError, match=sentence) as caught:
        check_repeats(sick())
    assert str(caught.value).startswith(sick.__name__)


def test_a_failure_of_scikit_learns_own_checks_is_not_allowed():
    with pytest.raises(AssertionError, match=r"CountsItsCalls fails scikit-learn's check_\w+: "):
        check_estimator(CountsItsCalls())
