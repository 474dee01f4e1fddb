"""Networks side by side: each is what it would be alone, in answers and in learning."""

import copy

import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import MLP, NetworkEnsemble, TabularNetwork
from netwright.training import Supervised, TensorSamples, Training
from netwright.training.stack import Stack


def networks(make, n=3):
    torch.manual_seed(0)
    return [make() for _ in range(n)]


MADE = {
    "MLP": (lambda: MLP(4, 2, (8, 8)), (4,)),
    "linear": (lambda: nn.Linear(4, 2, bias=False), (4,)),
    "with normalisation": (lambda: MLP(4, 2, (8,), norm=nn.LayerNorm), (4,)),
    "of categories": (lambda: TabularNetwork(2, [(3, 2), (4, 2)], 2), (4,)),
    "convolutional": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)),
        (1, 4, 4),
    ),
    "of steps": (lambda: nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)), (5, 4)),
    "activation first": (lambda: nn.Sequential(nn.ReLU(), nn.Linear(4, 2)), (4,)),
}


@pytest.mark.parametrize("name", MADE)
def test_each_member_answers_as_it_does_alone(name):
    make, shape = MADE[name]
    members = [member.eval() for member in networks(make)]
    x = torch.randint(0, 3, (6, *shape)).float() if name == "of categories" else torch.randn(6, *shape)
    together = NetworkEnsemble(members).eval()(x)
    assert together.shape[:2] == (6, 3)
    for number, member in enumerate(members):
        torch.testing.assert_close(together[:, number], member(x))


def test_an_ensemble_keeps_the_layer_contract():
    check_layer(NetworkEnsemble(networks(lambda: MLP(4, 2, (8,)))), torch.randn(5, 4), shape=(5, 3, 2))


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_members_trained_at_once_are_those_trained_one_by_one(optimizer):
    members = networks(lambda: MLP(4, 1, (8, 8)))
    x = torch.randn(96, 4, generator=torch.Generator().manual_seed(1))
    samples = TensorSamples(x, x[:, :1] * x[:, 1:2])
    recipe = Training(epochs=8, batch_size=16, learning_rate=0.01, validation=0.0, optimizer=optimizer)

    def of_members(outputs, target):
        return (outputs - target[:, None]).square().mean((1, 2))

    ensemble = NetworkEnsemble(copy.deepcopy(members))
    before = ensemble(x).detach()
    recipe.run(ensemble, Supervised(of_members), samples, seed=3)
    for number, member in enumerate(members):
        recipe.run(member, Supervised(nn.MSELoss()), samples, seed=3)
        torch.testing.assert_close(ensemble.eval()(x)[:, number], member(x), atol=1e-4, rtol=1e-3)
    assert (before - ensemble(x)).abs().mean() > 0.02


def test_dropout_is_each_members_own():
    ensemble = NetworkEnsemble(networks(lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(50, 1))))
    deep = NetworkEnsemble([nn.Sequential(nn.Linear(4, 50), nn.Dropout(0.5))] * 2).train()
    silent = deep(torch.randn(6, 4)) == 0
    assert silent.any()
    assert not torch.equal(silent[:, 0], silent[:, 1])
    assert ensemble.train()(torch.ones(6, 50)).shape == (6, 3, 1)


def test_members_must_be_alike():
    with pytest.raises(InputError, match="of one kind"):
        NetworkEnsemble([nn.Linear(2, 2), nn.Linear(2, 3)])
    with pytest.raises(InputError, match="got none"):
        NetworkEnsemble([])


@pytest.mark.parametrize("bias", [True, False])
def test_the_passes_by_hand_are_autograds(bias):
    members = networks(
        lambda: nn.Sequential(
            nn.Linear(4, 6, bias=bias), nn.GELU(), nn.Linear(6, 5, bias=bias), nn.ReLU(), nn.Linear(5, 2)
        )
    )
    ensemble = NetworkEnsemble(members).train()
    by_hand = copy.deepcopy(ensemble)
    stack = Stack.of(by_hand)
    x, gradient = torch.randn(7, 4), torch.randn(7, 3, 2)
    outputs = ensemble(x)
    outputs.backward(gradient)
    torch.testing.assert_close(stack.forward(x), outputs.detach())
    stack.backward(gradient)
    stack.forward(x[:3])  # fewer rows have buffers of their own
    stack.forward(x)
    stack.backward(gradient, add=True)
    for one, other in zip(ensemble.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(2 * one.grad, other.grad)
    stack.release()


def test_what_each_member_draws_for_the_same_inputs_is_left_to_autograd():
    assert Stack.of(NetworkEnsemble([nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2))] * 2)) is None
