"""How general each layer of a network is."""

import pytest
import torch
from sklearn.datasets import load_digits

from netwright.core.errors import InputError
from netwright.explain import transferability_probe
from netwright.nets import ConvNet
from netwright.training import Training

LAYERS = ["features.0", "features.2", "features.5", "features.7"]


def build(n_outputs):
    return ConvNet(n_outputs, widths=(8, 16), depth=2, norm=None)


def test_frozen_layers_of_another_task_are_worth_less_the_deeper_they_are_and_tuned_ones_are_not():
    X, y = load_digits(return_X_y=True)
    X, y = torch.as_tensor(X / 16).float().view(-1, 1, 8, 8), torch.as_tensor(y)
    base, new = y < 5, y >= 5
    target = X[new], y[new] - 5
    recipe = Training(epochs=12, batch_size=32, learning_rate=4e-3, validation=0.0)
    few, rest = (target[0][:500], target[1][:500]), (target[0][500:], target[1][500:])
    found = transferability_probe(build, (X[base], y[base]), few, rest, LAYERS, training=recipe)
    assert found.scratch > 0.9
    assert found.frozen[3] < min(found.frozen[:3]) - 0.05
    assert found.frozen[3] < found.scratch - 0.05
    assert min(found.tuned) > found.scratch - 0.02
    assert found.tuned[3] > found.frozen[3] + 0.05
    assert found.own_frozen[3] > found.frozen[3] + 0.05  # layers of the task itself do not lose
    assert min(found.own_tuned) > found.scratch - 0.02


def test_names_that_the_network_has_not_are_refused():
    task = torch.zeros(4, 1, 8, 8), torch.tensor([0, 1, 0, 1])
    with pytest.raises(InputError, match="blocks must be names of the network"):
        transferability_probe(build, task, task, task, ["conv1"])
