import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.tabular import MLPClassifier
from netwright.training import Callback, MaxNorm, Supervised, TensorSamples, Training


def run(network, shape, callbacks, epochs=3):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(32, *shape, generator=generator)
    y = torch.randn(32, 1, generator=generator) * 20
    recipe = Training(epochs=epochs, batch_size=8, learning_rate=0.3, validation=0, callbacks=callbacks)
    return recipe.run(network, Supervised(nn.MSELoss()), TensorSamples(X, y))


class Norms(Callback):
    """Largest and mean norm after each step, axis by axis as they lead into one unit."""

    def __init__(self, axes):
        self.axes, self.largest, self.seen = axes, [], []

    def on_step_end(self, run):
        for name, axes in self.axes.items():
            weight = run.network.get_parameter(name).detach()
            norm = weight.pow(2).sum(axes).sqrt()
            self.largest.append(norm.max().item())
            self.seen.append(norm.min().item())


def test_max_norm_keeps_the_callback_contract():
    check_callback(MaxNorm(0.3))


def test_after_every_step_each_incoming_norm_is_at_most_the_bound():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1))
    norms, free = Norms({"0.weight": (1,), "2.weight": (1,)}), Norms({"0.weight": (1,), "2.weight": (1,)})
    run(network, (5,), [MaxNorm(0.7), norms])
    assert len(norms.largest) == 2 * 12
    assert max(norms.largest) <= 0.7 * (1 + 1e-6)
    assert min(norms.seen) < 0.69  # it is a ball, not a sphere
    run(network, (5,), [free])
    assert max(free.largest) > 1.5  # without it the norms grow


def keras_max_norm(w, max_value, axis):
    """keras.constraints.MaxNorm, on Keras' own layout, from its source."""
    norms = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    desired = np.clip(norms, 0, max_value)
    return w * (desired / (1e-7 + norms))


KERAS = {  # our module, its input, the axes that bring its weight into Keras' layout and back, Keras' axis
    "dense": (nn.Linear(6, 1), (6,), (1, 0), 0),
    "convolution": (nn.Conv2d(3, 4, 2), (3, 2, 2), (2, 3, 1, 0), (0, 1, 2)),
    "transposed": (nn.ConvTranspose2d(3, 4, 2), (3, 1, 1), (2, 3, 1, 0), (0, 1, 3)),
}


@pytest.mark.parametrize("kind", KERAS)
def test_the_projection_equals_keras(kind):
    layer, shape, order, axis = KERAS[kind]
    before = []

    class Look(Callback):
        def on_step_end(self, run):
            before.append(layer.weight.detach().numpy().copy())

    network = nn.Sequential(layer, nn.Flatten(), nn.LazyLinear(1))
    network(torch.zeros(2, *shape))
    with torch.no_grad():
        layer.weight.mul_(3)
    run(network, shape, [Look(), MaxNorm(1.2), Look()])
    assert len(before) == 2 * 12
    changed = 0
    for came, left in zip(before[::2], before[1::2], strict=True):
        theirs = keras_max_norm(came.transpose(order), 1.2, axis)
        np.testing.assert_allclose(left.transpose(order), theirs, atol=1e-6)
        changed += int(np.abs(came - left).max() > 1e-4)
    assert changed > 0


def test_units_of_grouped_transposed_convolutions_are_cut_apart():
    """A unit takes its inputs from its own group: each group is an ordinary layer of its own."""
    torch.manual_seed(0)
    layer = nn.ConvTranspose1d(4, 6, 3, groups=2, bias=False)
    network = nn.Sequential(layer, nn.Flatten(), nn.LazyLinear(1))
    network(torch.zeros(2, 4, 1))
    with torch.no_grad():
        layer.weight.mul_(4)
    run(network, (4, 1), [MaxNorm(1.0)])
    for half in layer.weight.detach().split(2):  # (2 inputs, 3 outputs, 3 places)
        norms = half.pow(2).sum((0, 2)).sqrt()
        assert norms.max() <= 1 + 1e-6
        assert norms.max() > 0.99


def test_named_parameters_and_axes_are_taken_and_biases_and_frozen_ones_left_alone():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(5.0)
    network[1].weight.requires_grad_(False)
    recipe = Training(
        epochs=1,
        learning_rate=1e-6,
        optimizer=torch.optim.SGD,
        validation=0,
        callbacks=[MaxNorm(1.0, parameters=["0", "1"], dim=0)],
    )
    recipe.run(network, Supervised(nn.MSELoss()), TensorSamples(torch.zeros(4, 3), torch.zeros(4, 1)))
    torch.testing.assert_close(network[0].weight.norm(dim=0), torch.ones(3))
    assert network[0].bias.detach().min() > 4.9
    assert torch.equal(network[1].weight.detach(), torch.full((1, 4), 5.0))


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (MaxNorm(0.0), "max_norm must be a number above 0"),
        (
            MaxNorm(parameters=["nobody"]),
            r"parameters must name parts of the network \(0.weight.*got 'nobody'",
        ),
        (MaxNorm(parameters=lambda name: False), "got a function that says no to all"),
    ],
)
def test_settings_that_fit_nothing_are_named(callback, message):
    with pytest.raises(InputError, match=message):
        run(nn.Sequential(nn.Linear(5, 1)), (5,), [callback])


def test_an_estimator_takes_it():
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier(
        hidden=(8,), training=Training(epochs=5, callbacks=[MaxNorm(0.5)]), random_state=0
    ).fit(X, y)
    weights = [p for p in model.network_.parameters() if p.ndim == 2]
    assert max(w.norm(dim=1).max().item() for w in weights) <= 0.5 * (1 + 1e-6)
