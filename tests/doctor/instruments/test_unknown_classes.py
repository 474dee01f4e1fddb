"""A class that a network has never seen: dropout at work tells it better than softmax."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from netwright.core.errors import InputError
from netwright.doctor.instruments.unknown_classes import compare_sureness


def fitted(unknown):
    """A network for nine digits, held-out rows of these, and all rows of the tenth."""
    X, y = load_digits(return_X_y=True)
    x, y = torch.from_numpy(X).float() / 16, torch.from_numpy(y)
    torch.manual_seed(unknown)
    known = (y != unknown).nonzero().flatten()
    known = known[torch.randperm(len(known))]
    net = nn.Sequential(
        *(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(128, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    )
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    for _ in range(40):
        for rows in known[:1100].split(64):
            optimizer.zero_grad()
            F.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net, x[known[1100:]], x[y == unknown]


@pytest.mark.parametrize("unknown", [0, 6])
def test_on_digits_of_a_held_out_class_dropout_separates_better_than_the_largest_softmax(unknown):
    net, rows, strange = fitted(unknown)
    told = compare_sureness(net, rows, strange)
    assert told.dropout_auc > told.softmax_auc > 0.8
    assert told.softmax_of_unknown > 0.6  # sure of what it has never seen
    assert net.training


def test_a_network_without_dropout_is_refused():
    with pytest.raises(InputError, match="must have dropout"):
        compare_sureness(nn.Linear(2, 2), torch.zeros(2, 2), torch.zeros(2, 2))
