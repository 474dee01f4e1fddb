"""Gradients beside differences of their function, and from layer to layer."""

import pytest
import torch
from torch import nn

from netwright.doctor.instruments import compare_gradients, gradients_by_layer


class Square(torch.autograd.Function):
    """x squared, with a gradient that may be wrong."""

    factor = 2.0

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @classmethod
    def backward(cls, ctx, gradient):
        (x,) = ctx.saved_tensors
        return cls.factor * x * gradient


class WrongSquare(Square):
    """The same with a gradient that is one and a half times as long."""

    factor = 3.0


def double(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, dtype=torch.float64, generator=generator, requires_grad=True)


@pytest.mark.parametrize(
    ("function", "right"),
    [
        (Square.apply, True),
        (WrongSquare.apply, False),
        (torch.sigmoid, True),
        (lambda x: x.detach().exp() * x, False),
        (lambda x: x.sin().sum(1, keepdim=True) * x, True),
    ],
    ids=["right by hand", "wrong by hand", "torch's own", "a part detached", "rows that meet"],
)
def test_right_gradients_agree_to_six_digits_wrong_ones_do_not_and_torch_says_the_same(function, right):
    x = double(3, 4)
    told = compare_gradients(function, x)
    assert told.right == right
    assert (told.relative_error < 1e-6) == right
    assert torch.autograd.gradcheck(function, (x,), raise_exception=False) == right


def test_the_error_is_that_of_the_formula():
    assert compare_gradients(WrongSquare.apply, double(5)).relative_error == pytest.approx(1 / 3, rel=1e-5)


def test_parameters_of_a_layer_are_compared_by_name_and_the_layer_stays_as_it_is():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.good, self.bad = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))

        def forward(self, x):
            return x * self.good + WrongSquare.apply(self.bad)

    layer = Scaled()
    before = {name: one.clone() for name, one in layer.state_dict().items()}
    told = compare_gradients(layer, torch.randn(4, 3))
    assert told.errors["good"] < 1e-6
    assert told.errors["input 0"] < 1e-6
    assert told.errors["bad"] == pytest.approx(1 / 3, rel=1e-4)
    assert all(torch.equal(one, before[name]) for name, one in layer.state_dict().items())
    assert layer.good.grad is None


def stack(depth, act, fill):
    torch.manual_seed(0)
    layers = [one for _ in range(depth) for one in (nn.Linear(64, 64), act())]
    network = nn.Sequential(*layers, nn.Linear(64, 10))
    for layer in network:
        if isinstance(layer, nn.Linear):
            fill(layer.weight)
            nn.init.zeros_(layer.bias)
    return network


def report(network):
    torch.manual_seed(1)
    x, y = torch.randn(128, 64), torch.randint(10, (128,))
    return gradients_by_layer(network, nn.functional.cross_entropy(network(x), y))


def test_twenty_layers_of_sigmoids_vanish_and_relus_with_hes_weights_do_not():
    sigmoids = report(stack(20, nn.Sigmoid, nn.init.xavier_uniform_))
    assert (sigmoids.verdict, sigmoids.ratio < 1e-4) == ("vanishing", True)
    relus = report(stack(20, nn.ReLU, nn.init.kaiming_normal_))
    assert relus.verdict == "even"
    assert relus.ratio > 1e-2


def test_weights_that_are_too_large_make_the_gradient_explode():
    """Tanh keeps the signal between its bounds, and the gradient grows with each layer on its way back."""
    large = report(stack(30, nn.Tanh, lambda weight: nn.init.normal_(weight, std=0.5)))
    assert (large.verdict, large.ratio > 1e4) == ("exploding", True)


def test_norms_are_those_of_backward_and_the_own_gradients_stay():
    network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    loss = network(torch.randn(16, 4)).square().mean()
    told = gradients_by_layer(network, loss)
    assert all(one.grad is None for one in network.parameters())
    loss.backward()
    assert [one.norm for one in told.layers] == pytest.approx(
        [float(network[0].weight.grad.norm()), float(network[2].weight.grad.norm())], rel=1e-5
    )
    assert "first over last" in str(told)
