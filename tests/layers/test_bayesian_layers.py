"""Gaussian weights: the closed form of a linear model, and noise that is that of drawn weights."""

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import BayesianConv2d, BayesianLinear, divergence, make_bayesian
from netwright.training import DropoutPasses, Supervised, TensorSamples, Training
from netwright.uncertainty import DivergencePenalty


def test_gaussian_layers_keep_the_layer_contract():
    check_layer(BayesianLinear(3, 2), torch.randn(4, 3), shape=(4, 2))
    check_layer(BayesianConv2d(2, 3, kernel_size=3, padding=1), torch.randn(2, 2, 5, 5), shape=(2, 3, 5, 5))


def test_the_divergence_is_torchs_closed_form():
    layer = BayesianLinear(3, 2, prior_scale=0.7)
    weight, bias = layer.scales()
    prior = Normal(0.0, 0.7)
    expected = kl_divergence(Normal(layer.weight, weight), prior).sum()
    expected = expected + kl_divergence(Normal(layer.bias, bias), prior).sum()
    torch.testing.assert_close(divergence(nn.Sequential(layer)), expected)
    with pytest.raises(InputError, match="Gaussian weights"):
        divergence(nn.Linear(2, 2))


@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_noise_drawn_for_answers_has_the_distribution_of_drawn_weights(kind):
    torch.manual_seed(0)
    if kind == "linear":
        layer, x = BayesianLinear(3, 2, initial_scale=0.5), torch.randn(1, 3)
    else:
        layer, x = BayesianConv2d(2, 2, kernel_size=2, stride=2, initial_scale=0.5), torch.randn(1, 2, 4, 4)
    with torch.no_grad():
        ours = torch.stack([layer(x) for _ in range(4000)])
        weight, bias = layer.scales()
        drawn = torch.stack(
            [
                layer.answer(
                    x,
                    layer.weight + weight * torch.randn_like(weight),
                    layer.bias + bias * torch.randn_like(bias),
                )
                for _ in range(4000)
            ]
        )
        torch.testing.assert_close(ours.mean(0), drawn.mean(0), atol=0.08, rtol=0.0)
        torch.testing.assert_close(ours.std(0), drawn.std(0), rtol=0.06, atol=0.0)
        assert torch.equal(layer.eval()(x), layer(x))


def test_posterior_mean_and_variance_of_a_linear_model_are_the_closed_form_within_5_percent():
    torch.manual_seed(0)
    n, noise, prior = 64, 0.5, 0.8
    columns = torch.linalg.qr(torch.randn(n, 3))[0] * torch.tensor([8.0, 4.0, 2.0])
    truth = torch.tensor([1.0, -0.7, 0.6])
    y = columns @ truth + noise * torch.randn(n)
    precision = columns.T @ columns / noise**2 + torch.eye(3) / prior**2
    mean = torch.linalg.solve(precision, columns.T @ y / noise**2)
    variance = torch.linalg.inv(precision).diagonal()

    network = nn.Sequential(BayesianLinear(3, 1, bias=False, prior_scale=prior))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2500)
    for _ in range(2500):
        loss = (network(columns)[:, 0] - y).square().sum() / (2 * noise**2) + divergence(network)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    found = network[0]
    torch.testing.assert_close(found.weight[0].detach(), mean, rtol=0.05, atol=0.0)
    torch.testing.assert_close(found.scales()[0][0].square().detach(), variance, rtol=0.05, atol=0.0)

    passes = DropoutPasses(network, 4000)(columns)[:, :, 0]  # and so is what it forecasts
    expected = (columns.square() * variance).sum(1)
    torch.testing.assert_close(passes.var(0).mean(), expected.mean(), rtol=0.07, atol=0.0)


def test_by_correlated_columns_the_variance_is_that_of_a_weight_whose_neighbours_are_known():
    torch.manual_seed(0)
    columns = torch.randn(200, 2) @ torch.tensor([[1.0, 0.8], [0.0, 0.6]])
    y = columns @ torch.tensor([1.0, -1.0]) + torch.randn(200)
    precision = columns.T @ columns + torch.eye(2)
    network = make_bayesian(nn.Linear(2, 1, bias=False))
    recipe = Training(
        epochs=900,
        batch_size=200,
        learning_rate=0.02,
        validation=0.0,
        optimizer=torch.optim.Adam,
        schedule=lambda optimizer, steps: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
        callbacks=[DivergencePenalty()],
    )
    half = Supervised(lambda prediction, target: (prediction - target).square()[:, 0] / 2)
    recipe.run(network, half, TensorSamples(columns, y[:, None]))
    variance = network.scales()[0][0].square().detach()
    torch.testing.assert_close(variance, 1 / precision.diagonal(), rtol=0.07, atol=0.0)


def test_any_networks_linear_and_convolutional_weights_become_gaussian_around_what_they_were():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2, groups=1), nn.ReLU(), nn.Flatten(), nn.Linear(18, 2, bias=False)
    ).eval()
    x = torch.randn(2, 1, 8, 8)
    before = network(x)
    made = make_bayesian(network)
    assert made is network
    assert [type(layer) for layer in made][::3] == [BayesianConv2d, BayesianLinear]
    torch.testing.assert_close(made(x), before)
    assert not torch.equal(made.train()(x), made(x))
    with pytest.raises(InputError, match="linear or convolutional"):
        make_bayesian(nn.ReLU())
    with pytest.raises(InputError, match="above 0"):
        BayesianLinear(2, 2, prior_scale=0.0)
