"""Steps of Keras' optimizers are steps, told with their rate; and Keras is left as it was."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.keras_steps import MODULE, stand_in_of
from netwright.doctor.observe.watcher import Watcher


class BaseOptimizer:
    """As much of Keras' as matters: weights are moved by hand, within `apply`."""

    momentum, nesterov, global_clipnorm = 0.0, False, None

    def __init__(self, learning_rate, gradient_accumulation_steps=None):
        self.learning_rate = learning_rate
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.iterations = 0

    def apply(self, grads, trainable_variables=None):
        self.iterations += 1
        every = self.gradient_accumulation_steps or 1
        if self.iterations % every == 0:
            for gradient, variable in zip(grads, trainable_variables, strict=True):
                variable.value.sub_(self.learning_rate * gradient)


class SGD(BaseOptimizer):
    pass


@pytest.fixture
def _keras(monkeypatch):
    module = ModuleType(MODULE)
    module.BaseOptimizer = BaseOptimizer
    monkeypatch.setitem(sys.modules, MODULE, module)


def train(optimizer, steps):
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    variables = [SimpleNamespace(value=one) for one in network.parameters()]
    for _ in range(steps):
        x = torch.randn(16, 3)
        network.zero_grad()
        F.cross_entropy(network(x), (x[:, 0] > 0).long()).backward()
        with torch.no_grad():
            optimizer.apply([one.value.grad for one in variables], variables)
        optimizer.learning_rate *= 0.5


@pytest.mark.usefixtures("_keras")
def test_each_step_is_told_with_its_rate():
    before = BaseOptimizer.apply
    with watching(Watcher()) as watcher:
        train(SGD(0.1), 3)
    (trainee,) = watcher.facts.trainees
    assert watcher.facts.gave_up == ""
    assert trainee.history.learning_rate == pytest.approx([0.1, 0.05, 0.025])
    assert all(norm > 0 for norm in trainee.history.gradient)
    assert trainee.optimizer.line.file == __file__
    assert len(trainee.tapes) == 3
    assert BaseOptimizer.apply is before


@pytest.mark.usefixtures("_keras")
def test_gradients_that_are_only_added_up_are_no_step():
    with watching(Watcher()) as watcher:
        train(SGD(0.1, gradient_accumulation_steps=2), 4)
    (trainee,) = watcher.facts.trainees
    assert trainee.history.backwards == [2, 2]


@pytest.mark.parametrize(
    ("name", "settings", "kind", "wanted"),
    [
        ("SGD", {"momentum": 0.9, "nesterov": True}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        (
            "Nadam",
            {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-6},
            torch.optim.NAdam,
            {"betas": (0.8, 0.9), "eps": 1e-6},
        ),
        ("Lion", {"beta_1": 0.8, "beta_2": 0.9}, torch.optim.Adam, {"betas": (0.8, 0.9)}),
    ],
)
def test_a_stand_in_is_set_as_the_optimizer(name, settings, kind, wanted):
    own = type(name, (SimpleNamespace,), {})(learning_rate=0.3, **settings)
    made = stand_in_of(own, [nn.Parameter(torch.zeros(2))])
    assert type(made) is kind
    assert made.param_groups[0]["lr"] == pytest.approx(0.3)
    assert {key: made.param_groups[0][key] for key in wanted} == wanted
