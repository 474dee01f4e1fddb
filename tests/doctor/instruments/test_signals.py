"""Signals behind each layer: too small and too large first weights are told, Glorot's are steady."""

import pytest
import torch
from torch import nn

from netwright.doctor.instruments import trace_signals

X = torch.randn(256, 100, generator=torch.Generator().manual_seed(0))


def stack(fill, depth=20, act=nn.Tanh):
    torch.manual_seed(0)
    network = nn.Sequential(*(one for _ in range(depth) for one in (nn.Linear(100, 100), act())))
    for layer in network:
        if isinstance(layer, nn.Linear):
            fill(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


def normal(deviation):
    return lambda weight: nn.init.normal_(weight, std=deviation)


@pytest.mark.parametrize(
    ("fill", "verdict"),
    [(normal(0.01), "vanishing"), (normal(1.0), "saturated"), (nn.init.xavier_uniform_, "steady")],
    ids=["0.01", "1", "Glorot"],
)
def test_twenty_layers_of_tanh_are_flagged_at_001_and_at_1_and_pass_with_glorots_weights(fill, verdict):
    assert trace_signals(stack(fill), X).verdict == verdict


def test_relus_explode_or_vanish_by_their_weights_and_with_hes_are_within_a_half_and_two():
    assert trace_signals(stack(normal(0.5), act=nn.ReLU), X).verdict == "exploding"
    told = trace_signals(stack(lambda weight: nn.init.kaiming_normal_(weight), 6, nn.ReLU), X)
    assert told.verdict == "steady"
    assert told.all_within
    assert not trace_signals(stack(normal(0.01), 6, nn.ReLU), X).all_within
    assert trace_signals(stack(normal(0.01), 20, nn.ReLU), X).verdict == "vanishing"


def test_deviations_are_those_of_the_layers_answers_and_the_network_stays_as_it_is():
    network = stack(nn.init.xavier_uniform_, depth=2)
    network.train()
    told = trace_signals(network, X)
    assert [one.name for one in told.weighted] == ["0", "2"]
    assert told.weighted[0].deviation == pytest.approx(float(network[0](X).detach().std()), rel=1e-4)
    assert told.bounded[1].at_bounds == pytest.approx(
        float((network(X).abs() > 0.99).float().mean()), abs=1e-6
    )
    assert network.training
    assert not network[0]._forward_hooks
