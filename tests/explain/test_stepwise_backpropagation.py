import math

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.explain import Line, Part, Worksheet, stepwise_backpropagation
from netwright.layers import ElmanCell, GRUCell, Recurrent


def seeded(build):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build().double()


def mlp(n_outputs):
    return seeded(
        lambda: nn.Sequential(
            nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.Sigmoid(),
            nn.Linear(3, n_outputs), nn.Identity(),
        )
    )  # fmt: skip


def recurrent(return_sequences=False, bias=True):
    cell = lambda: ElmanCell(2, 3, bias=bias)  # noqa: E731
    layer = lambda: Recurrent(cell(), return_sequences=return_sequences, return_state=False)  # noqa: E731
    return seeded(lambda: nn.Sequential(layer(), nn.Linear(3, 2)))


def normal(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


LIVELY = 2 * normal(3, seed=4)
"""For it each layer has a rectifier that is not at rest."""


CASES = [
    (mlp(2), LIVELY, torch.tensor([0.3, -1.0]), nn.MSELoss()),
    (mlp(2), LIVELY, torch.tensor([1.0, 0.0]), nn.BCEWithLogitsLoss()),
    (mlp(4), LIVELY, 2, nn.CrossEntropyLoss()),
    (recurrent(), normal(5, 2), torch.tensor([0.3, -1.0]), nn.MSELoss()),
    (recurrent(bias=False), normal(4, 2), 1, nn.CrossEntropyLoss()),
]


@pytest.mark.parametrize(("network", "x", "target", "loss"), CASES)
def test_every_number_of_the_way_forth_and_back_is_autograds_to_1e_9(network, x, target, loss):
    worked = stepwise_backpropagation(network, x, target, loss)
    answers, layers = {}, list(network)

    def keep(layer, _, y):
        y.retain_grad()
        answers[layers.index(layer)] = y

    for layer in layers:
        layer.register_forward_hook(keep)
    leaf = x.clone().requires_grad_()
    wanted = torch.tensor([target]) if isinstance(target, int) else target.double()[None]
    value = loss(network(leaf[None]), wanted)
    value.backward()
    assert abs(worked.loss - value.item()) < 1e-9
    for name, parameter in network.named_parameters():
        assert (parameter.grad != 0).any()
        assert (worked.gradient(name) - parameter.grad).abs().max() < 1e-9
    given = [one for one in worked.sheet.lines if one.startswith("x")]
    found = torch.tensor([worked.gradients[one] for one in given], dtype=torch.float64)
    assert (found - leaf.grad.flatten()).abs().max() < 1e-9
    last = [one for one in worked.sheet.lines if one[0] in "za"][-answers[len(layers) - 1].numel() :]
    for place, name in enumerate(last):
        assert abs(worked.sheet[name].value - answers[len(layers) - 1].flatten()[place].item()) < 1e-9
        assert abs(worked.gradients[name] - answers[len(layers) - 1].grad.flatten()[place].item()) < 1e-9


def test_the_values_within_the_network_are_those_of_each_layer_and_step():
    network, x = mlp(2), normal(3)
    sheet = stepwise_backpropagation(network, x, [0.0, 0.0]).sheet
    seen = x
    for letter, number, layer in zip("zazaza", [1, 1, 2, 2, 3, 3], network, strict=False):
        seen = layer(seen)
        for place, value in enumerate(seen.tolist(), 1):
            assert abs(sheet[f"{letter}{number}[{place}]"].value - value) < 1e-9
    network, x = recurrent(), normal(5, 2)
    sheet = stepwise_backpropagation(network, x, [0.0, 0.0]).sheet
    states, _ = Recurrent(network[0].cells[0])(x[None])
    for t in range(5):
        for place in range(3):
            assert abs(sheet[f"a1[t{t + 1},{place + 1}]"].value - states[0, t, place].item()) < 1e-9


def test_three_neurons_with_easy_sums_are_printed_as_on_paper():
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 2.0], [-3.0, 1.0]]))
        network[0].bias.copy_(torch.tensor([0.0, 1.0]))
        network[2].weight.copy_(torch.tensor([[0.5, 4.0]]))
    worked = stepwise_backpropagation(network, [1.0, 2.0], [1.5])
    said = worked.to_text(learning_rate=0.1).splitlines()
    for line in (
        "z1[1] = w1[1,1] * x1 + w1[1,2] * x2 + b1[1] = 1 * 1 + 2 * 2 + 0 = 5",
        "z1[2] = w1[2,1] * x1 + w1[2,2] * x2 + b1[2] = -3 * 1 + 1 * 2 + 1 = 0",
        "a1[1] = relu(z1[1]) = relu(5) = 5",
        "z2[1] = w2[1,1] * a1[1] + w2[1,2] * a1[2] = 0.5 * 5 + 4 * 0 = 2.5",
        "L = (z2[1] - t1)^2 = (2.5 - 1.5)^2 = 1",
        "dL/dz2[1] = dL/dL * 2 (z2[1] - t1) = 1 * 2 = 2",
        "dL/da1[1] = dL/dz2[1] * w2[1,1] = 2 * 0.5 = 1",
        "dL/dw2[1,1] = dL/dz2[1] * a1[1] = 2 * 5 = 10",
        "w2[1,1] = 0.5 - 0.1 * 10 = -0.5",
    ):
        assert line in said, line


def test_a_number_that_is_used_twice_gets_the_sum_of_both_ways():
    sheet = Worksheet()
    w = sheet.given("w", 3.0)
    x = sheet.given("x", 2.0)
    sheet.weighted("z", [(w, x), (w, w)])
    assert sheet.gradients() == {"w": 2.0 + 2 * 3.0, "x": 3.0, "z": 1.0}
    assert "dz/dw = dz/dz * x + dz/dz * w + dz/dz * w = 1 * 2 + 1 * 3 + 1 * 3 = 8" in sheet.backward_text()
    sheet.write(Line("e", math.exp(15.0), "exp(z)", "exp(15)", (Part("z", math.exp(15.0), "e"),)))
    assert sheet.gradients()["x"] == 3.0 * math.exp(15.0)


@pytest.mark.parametrize(
    ("network", "x", "target", "loss", "said"),
    [
        (nn.Sequential(nn.Linear(2, 1), nn.GELU()), [0.0, 1.0], [1.0], None, "GELU"),
        (nn.Linear(2, 1), [0.0, 1.0], [1.0], nn.L1Loss(), "L1Loss"),
        (nn.Linear(2, 1), [0.0, 1.0], [1.0], nn.MSELoss(reduction="sum"), "MSELoss"),
        (nn.Linear(2, 1), [0.0, 1.0, 2.0], [1.0], None, "must read 2 numbers, got 3"),
        (nn.Linear(2, 1), [0.0, 1.0], [1.0, 2.0], None, "one number for each output"),
        (nn.Linear(2, 3), [0.0, 1.0], 3, nn.CrossEntropyLoss(), "0 to 2"),
        (nn.Linear(2, 1), [[[0.0, 1.0]]], [1.0], None, "time, features"),
        (Recurrent(GRUCell(2, 3), return_state=False), [[0.0, 1.0]], [1.0], None, "Recurrent"),
        (Recurrent(ElmanCell(2, 3), return_state=False), [[0.0, 1.0]], [1.0], None, "one row of numbers"),
        (nn.Linear(200, 200), [0.0] * 200, [0.0], None, "below 20000"),
    ],
)
def test_what_cannot_be_worked_out_is_named(network, x, target, loss, said):
    with pytest.raises(InputError, match=said):
        stepwise_backpropagation(network, x, target, loss)
