"""First answers that are sure and wrong: a warning where a last layer drawn anew wins, else a note."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor import watch


def run(spoil, rate=0.003, epochs=2):
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:900]
    x, y = torch.from_numpy(X[order]).float() / 16, torch.from_numpy(y[order])
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    spoil(net[2])
    optimizer = torch.optim.Adam(net.parameters(), rate)
    with watch(budget=20.0) as seen:
        for _ in range(epochs):
            for rows in torch.randperm(600).split(20):
                optimizer.zero_grad()
                F.cross_entropy(net(x[rows]), y[rows]).backward()
                optimizer.step()
        with torch.no_grad():
            F.cross_entropy(net(x[600:]), y[600:])
    return [(one.kind, one.severity) for one in seen.diagnosis.findings if one.kind == "bad_initial_loss"]


def sure_of_one_class(layer):
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        layer.bias[3] = 20.0


def test_a_bias_that_is_sure_of_one_class_is_a_warning_where_it_was_not_unlearned():
    assert run(sure_of_one_class, rate=0.003) == [("bad_initial_loss", "warning")]


@pytest.mark.parametrize("epochs", [12])
def test_where_it_is_unlearned_it_is_a_note(epochs):
    assert run(sure_of_one_class, rate=0.05, epochs=epochs) == [("bad_initial_loss", "info")]


def test_a_last_layer_as_it_comes_is_well():
    assert run(lambda layer: None, rate=0.003, epochs=1) == []
