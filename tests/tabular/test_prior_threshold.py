import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.estimator_checks import check_estimator
from torch import nn

from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier, PriorThresholdClassifier
from netwright.training import Training


class BayesRule(LogisticRegression):
    """Knows the truth: classes at 0 and 2 with variance 1, of which the second is rare."""

    share = 0.05

    def predict_proba(self, X):
        likelihood = np.stack([norm.pdf(X[:, 0]), norm.pdf(X[:, 0] - 2)], axis=1) * [
            1 - self.share,
            self.share,
        ]
        return likelihood / likelihood.sum(1, keepdims=True)


def planted(n=20_000, share=0.05, seed=0):
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < share * n).astype(int)
    return (rng.normal(size=n) + 2 * y)[:, None], y


def boundary(model):
    """Where the decision turns from the first class to the second on the line."""
    line = np.linspace(-4, 6, 10_001)[:, None]
    return line[model.predict(line).argmax(), 0]


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_dividing_by_the_shares_gives_the_balanced_bayes_rule_of_two_gaussians(share):
    """The closed form: x > 1 + log(share_0 / share_1) / 2 as they come, x > 1 when balanced."""
    X, y = planted(share=share)
    truth = BayesRule()
    truth.share = share
    truth.fit(X, y)
    assert boundary(truth) != pytest.approx(1.0, abs=0.1)
    moved = PriorThresholdClassifier(truth)
    moved.estimator_, moved.classes_ = truth, truth.classes_
    moved.shares_, moved.priors_ = np.array([1 - share, share]), np.array([0.5, 0.5])
    assert boundary(moved) == pytest.approx(1.0, abs=0.002)
    balanced = norm.pdf(X[:, 0] - 2) / (norm.pdf(X[:, 0]) + norm.pdf(X[:, 0] - 2))
    np.testing.assert_allclose(moved.predict_proba(X)[:, 1], balanced, rtol=1e-9)


def test_a_fitted_network_reaches_the_balanced_boundary_though_it_saw_few_of_the_class():
    X, y = planted()
    recipe = Training(epochs=8, batch_size=256, learning_rate=0.01)
    network = MLPClassifier(hidden=(16,), activation=nn.Tanh, training=recipe, random_state=0)
    plain, moved = clone(network).fit(X, y), PriorThresholdClassifier(network).fit(X, y)
    assert boundary(plain) == pytest.approx(1 + np.log(0.95 / 0.05) / 2, abs=0.25)
    assert boundary(moved) == pytest.approx(1.0, abs=0.25)
    new_X, new_y = planted(seed=1)
    assert balanced_accuracy_score(new_y, moved.predict(new_X)) == pytest.approx(norm.cdf(1), abs=0.02)
    assert balanced_accuracy_score(new_y, plain.predict(new_X)) < norm.cdf(1) - 0.1


def test_priors_of_ones_own_move_the_boundary_by_their_logarithm():
    X, y = planted(share=0.5)
    model = PriorThresholdClassifier(LogisticRegression(C=1e6), priors=(0.9, 0.1)).fit(X, y)
    weight = model.estimator_.coef_[0, 0]
    shift = boundary(model) - boundary(model.estimator_)
    assert shift == pytest.approx(np.log(0.9 / 0.1) / weight, abs=0.003)


def test_the_shares_of_the_training_leave_the_classifier_as_it_is():
    X, y = planted(2000)
    model = PriorThresholdClassifier(LogisticRegression(), priors=(0.95, 0.05)).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), model.estimator_.predict_proba(X))


def test_weights_change_what_the_shares_are():
    X, y = planted(2000)
    model = PriorThresholdClassifier(LogisticRegression()).fit(X, y, sample_weight=np.where(y == 1, 19, 1))
    np.testing.assert_allclose(model.shares_, 0.5)
    assert boundary(model) == pytest.approx(boundary(model.estimator_))


def test_scikit_learns_checks_pass_with_no_failure_expected():
    failed = [
        result
        for result in check_estimator(
            PriorThresholdClassifier(LogisticRegression()), on_skip=None, on_fail=None
        )
        if result["status"] in ("failed", "xfail")
    ]
    assert not failed, failed


@pytest.mark.parametrize("priors", [(0.5, 0.3, 0.2), (1.0, 0.0), "equal"])
def test_priors_that_are_no_shares_of_the_classes_are_told(priors):
    X, y = planted(100, share=0.3)
    with pytest.raises((InputError, ValueError), match="priors must be 'balanced' or 2 positive shares"):
        PriorThresholdClassifier(LogisticRegression(), priors=priors).fit(X, y)
