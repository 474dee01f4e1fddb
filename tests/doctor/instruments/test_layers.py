"""Layers of one's own: planted faults are named, sound layers are left alone."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import examine_axes, examine_layer

X = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))


class Clipped(torch.autograd.Function):
    """A step that lets everything through on its way back."""

    @staticmethod
    def forward(ctx, x):
        return x.clamp(-0.5, 0.5)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Layer(nn.Module):
    """A linear layer after something of one's own."""

    def __init__(self, own):
        super().__init__()
        self.linear, self.own = nn.Linear(4, 3), own

    def forward(self, x):
        return self.linear(self.own(x))


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (Clipped.apply, "wrong gradient"),
        (lambda x: x - x.mean(0), "rows mixed"),
        (lambda x: x + x.cumsum(0), "rows mixed"),
        (lambda x: F.dropout(x, 0.5), "mode ignored"),
    ],
    ids=["a gradient that ignores the clamp", "centred by the batch", "summed over rows", "dropout for ever"],
)
def test_planted_faults_are_found(own, kind):
    assert [fault.kind for fault in examine_layer(Layer(own), X)] == [kind]


def test_a_layer_that_counts_in_evaluation_mode_ignores_its_mode():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(4))

        def forward(self, x):
            self.mean += 0.1 * x.mean(0)
            return x - self.mean

    (fault,) = examine_layer(Counting(), X)
    assert (fault.kind, "mean" in fault.message) == ("mode ignored", True)


@pytest.mark.parametrize(
    "layer",
    [
        Layer(lambda x: x.clamp(-0.5, 0.5)),
        nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Tanh()),
        nn.LayerNorm(4),
        nn.Softmax(1),
    ],
    ids=["clamp", "normalised and dropped", "layer norm", "softmax"],
)
def test_sound_layers_are_left_alone_and_stay_as_they_are(layer):
    before = {name: one.clone() for name, one in layer.state_dict().items()}
    layer.train()
    assert examine_layer(layer, X) == []
    assert layer.training
    assert all(torch.equal(one, before[name]) for name, one in layer.state_dict().items())


def test_a_recurrent_layer_answers_with_its_states_first():
    x = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    assert examine_layer(nn.GRU(3, 6, batch_first=True), x) == []
    assert [fault.kind for fault in examine_layer(nn.GRU(3, 6), x)] == [
        "rows mixed"
    ]  # the first axis is time


def test_one_row_says_nothing_of_rows():
    with pytest.raises(InputError, match="at least 2 rows"):
        examine_layer(nn.Linear(4, 3), X[:1])


class Attention(nn.Module):
    """Weights over the steps, with an axis that may be the wrong one."""

    def __init__(self, features, classes, *, axis=1, transposed=False):
        super().__init__()
        self.score, self.out = nn.Linear(features, 1), nn.Linear(features, classes)
        self.axis, self.transposed = axis, transposed

    def forward(self, x):
        weight = self.score(x).softmax(1)
        if self.transposed:
            weight = weight.transpose(0, 1)
        return self.out((weight * x).sum(self.axis))


def test_primes_show_a_transposed_axis_a_wrong_sum_and_a_silent_broadcast_that_equal_sizes_hide():
    planted = {
        "transposed": lambda features, classes: Attention(features, classes, transposed=True),
        "summed over the rows": lambda features, classes: Attention(features, classes, axis=0),
        "broadcast": lambda features, classes: Broadcast(features),
    }
    inputs = {"broadcast": "batch features"}
    outputs = {"broadcast": "batch"}
    for name, build in planted.items():
        layer = build(8, 8)
        equal = torch.zeros(8, 8, 8) if name not in inputs else torch.zeros(8, 8)
        assert layer(equal) is not None, name  # with equal sizes nothing raises
        told = examine_axes(
            build, inputs.get(name, "batch time features"), outputs.get(name, "batch classes")
        )
        assert not told.holds, name


class Broadcast(nn.Module):
    """The distance of each row to a target, where the target is stretched over all rows."""

    def __init__(self, features):
        super().__init__()
        self.out = nn.Linear(features, 1)

    def forward(self, x):
        return self.out(x) - x[:, 0]  # (batch, 1) - (batch,)


def test_a_layer_that_keeps_its_axes_holds():
    def build(features, classes):
        return Attention(features, classes)

    told = examine_axes(build, "batch time features", "batch classes")
    assert told.holds
    assert len(set(told.sizes.values())) == 4
    assert told.got == (told.sizes["batch"], told.sizes["classes"])
