import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.linear_model import Lasso
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import Callback, L1Penalty, Supervised, TensorSamples, Training


def planted(seed=0, n_rows=120, n_inputs=20):
    """Five of twenty inputs matter; neighbours are correlated."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, n_inputs))
    X[:, 1:] += 0.4 * X[:, :-1]
    truth = np.zeros(n_inputs)
    truth[[1, 4, 9, 10, 17]] = [2.0, -1.5, 1.0, 0.7, -3.0]
    return X, X @ truth + 0.3 * rng.standard_normal(n_rows) + 1.5


def half_squares(prediction, target):
    return 0.5 * (prediction - target) ** 2


def fit(X, y, callbacks, epochs=400, **settings):
    torch.manual_seed(0)
    network = nn.Linear(X.shape[1], 1).double()
    recipe = Training(
        epochs=epochs,
        batch_size=len(X),
        learning_rate=0.25,
        optimizer=torch.optim.SGD,
        validation=0,
        callbacks=callbacks,
        **settings,
    )
    samples = TensorSamples(torch.from_numpy(X), torch.from_numpy(y)[:, None])
    return network, recipe.run(network, Supervised(half_squares), samples)


def test_l1_penalty_keeps_the_callback_contract():
    check_callback(L1Penalty(0.1))


@pytest.mark.parametrize("alpha", [0.02, 0.1, 0.5])
def test_the_zero_pattern_is_that_of_scikit_learns_lasso(alpha):
    X, y = planted()
    theirs = Lasso(alpha=alpha, tol=1e-10, max_iter=100_000).fit(X, y)
    network, _ = fit(X, y, [L1Penalty(alpha)])
    weight = network.weight.detach().numpy()[0]
    assert ((weight == 0) == (theirs.coef_ == 0)).all()
    assert 0 < (weight == 0).sum() < 20
    np.testing.assert_allclose(weight, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(network.bias.detach().numpy(), theirs.intercept_, atol=1e-5)


def test_the_inputs_that_matter_are_found():
    X, y = planted(n_rows=300)
    network, _ = fit(X, y, [L1Penalty(0.15)])
    assert network.weight.detach().nonzero()[:, 1].tolist() == [1, 4, 9, 10, 17]


def test_the_step_is_the_soft_threshold_at_the_running_rate():
    """By hand, along a schedule that changes the rate after each step."""
    seen, rates = [], []

    class Look(Callback):
        def on_gradients(self, run, player):
            rates.append(run.players[0][1].param_groups[0]["lr"])

        def on_step_end(self, run):
            seen.append(run.network.weight.detach().clone())

    def halve(optimizer, steps):
        return torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

    X, y = planted()
    fit(X, y, [Look(), L1Penalty(0.3), Look()], epochs=5, schedule=halve)
    rates = rates[::2]
    assert rates == pytest.approx([0.25 * 0.5**n for n in range(5)])
    for before, after, rate in zip(seen[::2], seen[1::2], rates, strict=True):
        by_hand = before.sign() * (before.abs() - 0.3 * rate).clamp(min=0)
        torch.testing.assert_close(after, by_hand)


def test_the_recorded_loss_is_without_the_penalty_and_frozen_weights_stay():
    X, y = planted()
    network = nn.Linear(20, 1).double()
    network.weight.requires_grad_(False)
    before = network.weight.detach().clone()
    recipe = Training(epochs=1, learning_rate=1e-9, validation=0.5, callbacks=[L1Penalty(100.0)])
    samples = TensorSamples(torch.from_numpy(X), torch.from_numpy(y)[:, None])
    record = recipe.run(network, Supervised(half_squares), samples)
    assert torch.equal(network.weight.detach(), before)
    residual = half_squares(network(samples.inputs), samples.target).mean().item()
    (last,) = record.epochs
    assert (last["loss"] + last["validation_loss"]) / 2 == pytest.approx(residual, rel=1e-5)


def test_names_and_strength_are_checked():
    X, y = planted()
    with pytest.raises(InputError, match="strength must be a number above 0"):
        fit(X, y, [L1Penalty(0.0)])
    with pytest.raises(InputError, match="parameters must name parts of the network"):
        fit(X, y, [L1Penalty(0.1, parameters=["x"])])


def test_an_estimator_takes_it_and_loses_weights():
    X, y = load_iris(return_X_y=True)
    X = np.hstack([X, np.random.default_rng(0).standard_normal((150, 6))])

    def weight(callbacks):
        training = Training(
            epochs=60,
            batch_size=32,
            learning_rate=0.2,
            optimizer=torch.optim.SGD,
            validation=0,
            callbacks=callbacks,
        )
        model = MLPClassifier(hidden=(8,), training=training, random_state=0).fit(X, y)
        return next(p for p in model.network_.parameters() if p.ndim == 2).detach()

    assert (weight([]) == 0).sum() == 0
    sparse = weight([L1Penalty(0.02)]) == 0
    assert sparse[:, 4:].float().mean() > max(0.6, sparse[:, :4].float().mean())
