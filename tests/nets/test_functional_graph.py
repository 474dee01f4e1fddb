import pickle

import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import Concatenate, FunctionalGraph, Step


class ByHand(nn.Module):
    """Two pictures through one tower; two answers from both."""

    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten())
        self.wide = nn.Linear(48, 5)
        self.narrow = nn.Linear(48, 5)
        self.label = nn.Linear(10, 4)
        self.price = nn.Linear(5, 1)

    def forward(self, photo, sketch):
        a, b = self.tower(photo), self.tower(sketch)
        left, right = torch.tanh(self.wide(a)), self.narrow(b)
        return self.label(torch.cat([left, right], 1)), self.price(left + right)


def steps_of(net):
    return {
        "price": Step(net.price, "sum"),  # before what it needs: the order is the graph's own
        "photo_features": Step(net.tower, "photo"),
        "sketch_features": Step(net.tower, "sketch"),
        "wide": Step(net.wide, "photo_features"),
        "left": Step(torch.tanh, "wide"),
        "right": Step(net.narrow, "sketch_features"),
        "both": Step(Concatenate(), "left", "right"),
        "sum": Step(torch.add, "left", "right"),
        "label": Step(net.label, "both"),
    }


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ByHand()


@pytest.fixture
def graph(net):
    return FunctionalGraph(("photo", "sketch"), steps_of(net), ("label", "price"))


def pictures(seed=0):
    return torch.randn(2, 3, 1, 6, 6, generator=torch.Generator().manual_seed(seed)).unbind(0)


def test_graphs_keep_the_layer_contract(graph):
    check_layer(graph, *pictures(), shape=(3, 4))
    check_layer(Concatenate(), *torch.randn(2, 3, 4), shape=(3, 8))


def test_a_graph_of_two_inputs_two_outputs_and_a_shared_layer_equals_the_module_by_hand(net, graph):
    photo, sketch = pictures()
    label, price = net(photo, sketch)
    for answer in (graph(photo, sketch), graph({"sketch": sketch, "photo": photo})):
        assert list(answer) == ["label", "price"]
        torch.testing.assert_close(answer["label"], label, rtol=0, atol=1e-6)
        torch.testing.assert_close(answer["price"], price, rtol=0, atol=1e-6)
    (label.sum() + 2 * price.sum()).backward()
    by_hand = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    answer = graph(photo, sketch)
    (answer["label"].sum() + 2 * answer["price"].sum()).backward()
    for ours, theirs in zip([p.grad for p in net.parameters()], by_hand, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


def test_weights_have_the_names_of_their_steps_and_a_shared_module_stands_once(net, graph):
    assert set(graph.state_dict()) == {
        f"layers.{step}.{kind}"
        for step in ("photo_features.0", "wide", "right", "label", "price")
        for kind in ("weight", "bias")
    }
    assert sum(p.numel() for p in graph.parameters()) == sum(p.numel() for p in net.parameters())


def test_a_shared_layer_stays_shared_in_a_pickled_copy(graph):
    copied = pickle.loads(pickle.dumps(graph))
    photo, sketch = pictures()
    before = copied(photo, sketch)
    with torch.no_grad():
        copied.layers["photo_features"][0].weight.zero_()
        copied.layers["photo_features"][0].bias.fill_(1.0)
    after = copied(photo, sketch)
    assert not torch.allclose(before["label"], after["label"])
    torch.testing.assert_close(after["label"][:1].expand(3, -1), after["label"])  # both towers are constant


def test_one_output_is_a_tensor_and_a_graph_is_a_step_of_another(graph):
    inner = FunctionalGraph("x", {"y": Step(nn.Linear(6, 2), "x")}, "y")
    outer = FunctionalGraph(["x"], {"z": Step(inner, "x"), "twice": Step(torch.add, "z", "z")}, ["twice"])
    x = torch.randn(3, 6)
    torch.testing.assert_close(outer(x), 2 * inner(x))


LINEAR = nn.Linear(2, 2)


@pytest.mark.parametrize(
    ("inputs", "steps", "outputs", "said"),
    [
        (
            ["x"],
            {"a": Step(torch.add, "x", "b"), "b": Step(LINEAR, "a")},
            ["b"],
            r"circle, got (a -> b -> a|b -> a -> b)",
        ),
        (["x"], {"a": Step(LINEAR, "y")}, ["a"], "a source of the step 'a' must be a known name, got 'y'"),
        (["x"], {"a": Step(LINEAR, "x")}, ["b"], "an output must be a known name, got 'b'"),
        (["x", "y"], {"a": Step(LINEAR, "x")}, ["a"], "every input must have a way to an output, got 'y'"),
        (
            ["x"],
            {"a": Step(LINEAR, "x"), "b": Step(LINEAR, "x")},
            ["a"],
            "every step must have a way .* got 'b'",
        ),
        (["x"], {"x": Step(LINEAR, "x")}, ["x"], "'x' for an input and a step"),
        (["x", "x"], {"a": Step(LINEAR, "x")}, ["a"], "inputs must be names, each once"),
        (["x"], {"a": Step(LINEAR, "x")}, [], "outputs must be names, each once"),
        (["x"], {"a.b": Step(LINEAR, "x")}, ["a.b"], "free to name a module, got 'a.b'"),
        (["x"], {"keys": Step(LINEAR, "x")}, ["keys"], "free to name a module, got 'keys'"),
    ],
)
def test_a_declaration_that_cannot_be_is_named(inputs, steps, outputs, said):
    with pytest.raises(InputError, match=said):
        FunctionalGraph(inputs, steps, outputs)


def test_a_step_without_a_source_is_named():
    with pytest.raises(InputError, match="must name its sources"):
        Step(LINEAR)


def test_missing_and_unknown_inputs_of_a_call_are_named(graph):
    photo, sketch = pictures()
    with pytest.raises(InputError, match="there must be 2 inputs, photo, sketch, got 1"):
        graph(photo)
    with pytest.raises(InputError, match="inputs must be photo, sketch, got photo, drawing"):
        graph({"photo": photo, "drawing": sketch})


def test_a_graph_shows_how_it_is_wired(graph):
    assert "both <- left, right" in repr(graph)
