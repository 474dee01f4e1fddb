import copy
import functools
import random

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.training import (
    Callback,
    GradientClipping,
    Objective,
    Supervised,
    TensorSamples,
    Training,
    find_learning_rate,
)

CURVATURES = {
    "one": [1.0],
    "ill-conditioned": torch.logspace(-2, 0, 10).tolist(),
    "one steep among many flat": [1.0] + [0.01] * 50,
    "spread": torch.linspace(0.1, 5, 30).tolist(),
}
SGD = torch.optim.SGD


class Bowl(nn.Module):
    """Weights with a curvature each."""

    def __init__(self, curvatures):
        super().__init__()
        self.register_buffer("curvature", torch.tensor(curvatures))
        self.w = nn.Parameter(torch.full((len(curvatures),), 2.0))


class Quadratic(Objective):
    """Half the sum of curvature times squared distance, from a centre that batches move about."""

    def __init__(self, noise=0.0):
        self.noise = noise

    def loss(self, network, batch):
        return (network.curvature * (network.w - self.noise * batch.inputs.mean(0)) ** 2).sum() / 2


def noise_samples(width, seed):
    return TensorSamples(
        torch.randn(512, width, generator=torch.Generator().manual_seed(seed)), torch.zeros(512)
    )


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("curvatures", CURVATURES.values(), ids=CURVATURES.keys())
def test_on_a_quadratic_the_suggestion_is_between_a_tenth_and_the_whole_of_the_stable_rate(curvatures, noise):
    for seed in range(2):
        test = find_learning_rate(
            Bowl(curvatures),
            Quadratic(noise),
            noise_samples(len(curvatures), seed),
            training=Training(batch_size=32, optimizer=SGD),
            largest=100,
            seed=seed,
        )
        assert 0.1 < test.suggestion / (2 / max(curvatures)) < 1


def digits():
    X, y = load_digits(return_X_y=True)
    return TensorSamples(torch.tensor(X[:1400] / 16, dtype=torch.float32), torch.tensor(y[:1400]))


def perceptron(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


@pytest.mark.parametrize("optimizer", [None, functools.partial(torch.optim.SGD, momentum=0.9)])
def test_on_digits_training_at_the_suggestion_comes_within_a_few_per_cent_of_the_best_rate(optimizer):
    samples, objective = digits(), Supervised(nn.CrossEntropyLoss())
    recipe = Training(epochs=6, batch_size=32, optimizer=optimizer, validation=0)
    suggestion = find_learning_rate(perceptron(), objective, samples, training=recipe).suggestion

    def fall(rate):
        """Of the loss, from that of guessing."""
        recipe.set_params(learning_rate=rate)
        return np.log(10) - recipe.run(perceptron(), objective, samples).epochs[-1]["loss"]

    falls = {rate: fall(rate) for rate in (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1.0)}
    assert fall(suggestion) > 0.97 * max(falls.values())
    assert min(falls.values()) < 0.8 * max(falls.values())  # so the rate matters


def numpy_stream():
    return np.random.get_state()[1].tolist()  # noqa: NPY002


def test_nothing_of_the_users_is_touched():
    network, samples = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)), noise_samples(3, 0)
    network[1].eval()
    clipping = GradientClipping(0.5)
    training = Training(batch_size=16, learning_rate=0.3, callbacks=[clipping, Refuse()])
    objective = Supervised(nn.MSELoss())
    kept = copy.deepcopy((network.state_dict(), training.get_params(deep=False), vars(clipping)))
    streams = torch.get_rng_state(), random.getstate(), numpy_stream()
    find_learning_rate(
        network, objective, TensorSamples(samples.inputs, samples.inputs[:, :1]), training=training
    )
    assert streams[1:] == (random.getstate(), numpy_stream())
    assert torch.equal(streams[0], torch.get_rng_state())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, kept[0][name]), name
    assert all(parameter.grad is None for parameter in network.parameters())
    assert (network.training, network[1].training) == (True, False)
    assert training.get_params(deep=False).keys() == kept[1].keys()
    assert training.learning_rate == 0.3
    assert vars(clipping) == kept[2]


class Refuse(Callback):
    """Has no part in a range test: it only watches epochs."""

    def on_epoch_end(self, run):
        raise AssertionError


def test_the_rates_grow_by_one_factor_and_each_step_takes_its_own():
    seen = []

    class Look(Callback):
        needs_autograd = True

        def on_gradients(self, run, player):
            seen.append(run.players[0][1].param_groups[0]["lr"])

        def __deepcopy__(self, memo):
            return self

    test = find_learning_rate(
        Bowl([1.0]),
        Quadratic(),
        noise_samples(1, 0),
        training=Training(batch_size=32, optimizer=SGD, callbacks=[Look()]),
        smallest=1e-3,
        largest=1.0,
        steps=31,
    )
    assert test.rates == pytest.approx(np.logspace(-3, 0, 31))
    assert seen == pytest.approx(test.rates)
    w = 2.0
    for rate, loss in zip(test.rates, test.losses, strict=True):
        assert loss == pytest.approx(w * w / 2, rel=1e-4)
        w -= rate * w
    assert "never rose" in test.reason


def test_a_loss_that_blows_up_ends_the_test_and_one_that_is_no_number_does_as_well():
    class Cliff(Objective):
        def loss(self, network, batch):
            return torch.where(network.w.sum() < 1, torch.nan, 1.0) * (network.w**2).sum()

    for objective, largest in ((Quadratic(), 1e4), (Cliff(), 10.0)):
        test = find_learning_rate(
            Bowl([1.0]), objective, noise_samples(1, 0), training=Training(optimizer=SGD), largest=largest
        )
        assert len(test.losses) < 200
        assert np.isfinite(test.losses).all()


def test_the_same_call_gives_the_same_answer():
    tests = [find_learning_rate(perceptron(), Supervised(nn.CrossEntropyLoss()), digits()) for _ in range(2)]
    assert tests[0] == tests[1]


def test_a_loss_that_never_falls_and_a_range_that_is_none_are_refused():
    with pytest.raises(InputError, match="the loss must fall"):
        find_learning_rate(
            Bowl([1.0]), Quadratic(), noise_samples(1, 0), training=Training(optimizer=SGD), smallest=5.0
        )
    with pytest.raises(InputError, match="smallest < largest"):
        find_learning_rate(Bowl([1.0]), Quadratic(), noise_samples(1, 0), smallest=1.0, largest=0.1)


def test_the_picture_has_a_log_axis_the_curve_and_the_suggestion(tmp_path):
    test = find_learning_rate(
        Bowl([1.0]), Quadratic(0.1), noise_samples(1, 0), training=Training(optimizer=SGD)
    )
    figure = test.plot(tmp_path / "range.png")
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "learning rate", "loss")
    _, curve, _, suggested = axes.get_lines()
    assert list(curve.get_ydata()) == list(test.smoothed)
    assert suggested.get_xdata()[0] == test.suggestion
    assert f"suggested {test.suggestion:.2g}" in [text.get_text() for text in axes.get_legend().get_texts()]
    assert (tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")
