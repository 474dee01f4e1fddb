import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from netwright.training.stack import Stack


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        return x + self.linear(x)


class Claims(nn.Sequential):
    """Says what it is made of, but a child does otherwise."""

    def as_stack(self):
        return tuple(self)

    def forward(self, x):
        return super().forward(x)


class Child(Claims):
    def forward(self, x):
        return super().forward(x) + 1


def shared():
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, nn.ReLU(), layer)


def tied():
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    network[1].weight = network[0].weight
    return network


def overlapping():
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    network[1].weight.data = network[0].weight.data
    return network


def frozen():
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    network[0].bias.requires_grad_(False)
    return network


def hooked(register):
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    register(network)
    return network


def mixed():
    return nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3).double())


def patched():
    network = nn.Sequential(nn.Linear(3, 3))
    network[0].forward = lambda x: x
    return network


def with_another_parameter():
    network = nn.Sequential(nn.Linear(3, 3))
    network.register_parameter("scale", nn.Parameter(torch.ones(1)))
    return network


REFUSED = {
    "an unknown layer": lambda: nn.Sequential(nn.Conv1d(1, 1, 3)),
    "a recurrent network": lambda: nn.LSTM(3, 3),
    "no parameters": lambda: nn.Sequential(nn.ReLU()),
    "nothing": lambda: nn.Sequential(),
    "a subclass": lambda: nn.Sequential(Doubled(3, 3)),
    "a branch": Branch,
    "a child of a class that says what it is made of": lambda: Child(nn.Linear(3, 3)),
    "a layer twice": shared,
    "a shared parameter": tied,
    "parameters in one place": overlapping,
    "a frozen parameter": frozen,
    "two types": mixed,
    "half precision": lambda: nn.Linear(3, 3).bfloat16(),
    "another device": lambda: nn.Linear(3, 3, device="meta"),
    "a parameter of the container": with_another_parameter,
    "a parametrised layer": lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(3, 3))),
    "a weight laid across": lambda: hooked(lambda n: n[0].weight.set_(n[0].weight.data.t())),
    "widths that do not fit": lambda: nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2)),
    "a norm over two axes": lambda: nn.Sequential(nn.Linear(3, 2), nn.LayerNorm((3, 2))),
    "flattening from another axis": lambda: nn.Sequential(nn.Flatten(2), nn.Linear(3, 2)),
    "an activation with parameters": lambda: nn.Sequential(nn.Linear(3, 2), nn.PReLU()),
    "a rectifier that leaks backwards": lambda: nn.Sequential(nn.Linear(3, 2), nn.LeakyReLU(-0.1)),
    "a forward hook": lambda: hooked(lambda n: n[1].register_forward_hook(print)),
    "a forward pre-hook": lambda: hooked(lambda n: n.register_forward_pre_hook(print)),
    "a backward hook": lambda: hooked(lambda n: n[1].register_full_backward_hook(print)),
    "a hook of a parameter": lambda: hooked(lambda n: n[0].weight.register_hook(print)),
    "a hook after a parameter's gradient": lambda: hooked(
        lambda n: n[0].weight.register_post_accumulate_grad_hook(print)
    ),
    "another forward": patched,
}


@pytest.mark.parametrize("why", REFUSED)
def test_it_is_no_stack_because_of(why):
    with torch.no_grad():
        network = REFUSED[why]()
    before = [(p.data_ptr(), p.grad) for p in network.parameters()]
    assert Stack.of(network) is None
    assert before == [(p.data_ptr(), p.grad) for p in network.parameters()]


def test_a_class_that_says_what_it_is_made_of_is_believed():
    assert Stack.of(Claims(nn.Linear(3, 3), nn.ReLU())) is not None


def test_a_watcher_of_all_calls_is_seen(monkeypatch):
    call = nn.Module.__call__
    monkeypatch.setattr(nn.Module, "__call__", lambda module, *args, **kwargs: call(module, *args, **kwargs))
    assert Stack.of(nn.Linear(3, 2)) is None


def test_a_hook_on_all_modules_is_seen():
    handle = nn.modules.module.register_module_forward_hook(lambda *_: None)
    try:
        assert Stack.of(nn.Linear(3, 2)) is None
    finally:
        handle.remove()
    assert Stack.of(nn.Linear(3, 2)) is not None
