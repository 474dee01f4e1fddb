"""A loss that breaks: the layer and the step at which the first number is lost."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.checks.history import check_loss_is_number

X = torch.randn(640, 4, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()


class Odd(nn.Module):
    """Does one thing to what comes in."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    def forward(self, x):
        return self.act(x)


def training(model, rate=0.05, steps=12, spoilt=None, loss=F.cross_entropy, x=X):
    """Steps of 32 rows each; one of them is spoilt in its rows."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)

    def train():
        for step in range(steps):
            rows = x[32 * step : 32 * step + 32].clone()
            if step == spoilt:
                rows.zero_()
            optimizer.zero_grad()
            loss(model(rows), Y[32 * step : 32 * step + 32]).backward()
            optimizer.step()

    return train


def stack(act):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8, bias=False), nn.ReLU(), Odd(act), nn.Linear(8, 2))


PLANTED = {
    "the logarithm of 0": (lambda h: h.sum(1, keepdim=True).log() + h, "model.2"),
    "0 over 0": (lambda h: h / h.norm(dim=1, keepdim=True), "model.2"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_the_layer_and_the_step_of_a_planted_fault_are_named(watched, fault):
    act, layer = PLANTED[fault]
    model = stack(lambda h: h)
    model[0].weight.data.abs_()
    model[2] = Odd(act)
    (found,) = check_loss_is_number(watched(training(model, x=X.abs() + 0.1, spoilt=7)))
    assert (found.kind, found.severity) == ("nan_loss", "error")
    assert (found.where.module, found.evidence["step"]) == (layer, 7)


def cubed():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), Odd(lambda h: h**3), nn.Linear(8, 2))


def test_the_layer_in_which_weights_overflow_is_named_with_its_step(watched):
    """At a rate of 100 each step raises what is cubed, until a layer's answer is too large for a number."""
    by_hand = cubed()
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=100.0)
    for step in range(12):
        x, broken = X[32 * step : 32 * step + 32], None
        for name, layer in by_hand.named_children():
            x = layer(x)
            broken = broken or (None if x.isfinite().all() else f"model.{name}")
        if broken:
            break
        optimizer.zero_grad()
        F.cross_entropy(x, Y[32 * step : 32 * step + 32]).backward()
        optimizer.step()
    (found,) = check_loss_is_number(watched(training(cubed(), rate=100.0)))
    assert (found.where.module.rpartition(".")[2], found.evidence["step"]) == (broken[-1], step)
    assert step > 0


def test_a_function_outside_of_the_network_is_named(watched):
    def loss(scores, y):
        return -(scores.softmax(1)[range(len(y)), y] - 2).log().mean()

    (found,) = check_loss_is_number(watched(training(stack(lambda h: h), loss=loss)))
    assert (found.where.module, found.evidence["step"]) == ("log", 0)


def test_a_training_whose_losses_are_numbers_is_left_alone(watched):
    assert list(check_loss_is_number(watched(training(stack(lambda h: h))))) == []
