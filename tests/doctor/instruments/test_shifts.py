"""Small shifts: a network that cannot mind them, and one that does."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments.shifts import shift_consistency


def digits():
    images, labels = load_digits().images[:400], load_digits().target[:400]
    return torch.from_numpy(images).float()[:, None] / 16, torch.from_numpy(labels)


def fitted(between, *end):
    """Circular convolutions with something between them, and an end, after some steps on digits."""
    torch.manual_seed(0)
    padded = {"padding": 1, "padding_mode": "circular"}
    first, second = nn.Conv2d(1, 8, 3, **padded), nn.Conv2d(8, 8, 3, **padded)
    network = nn.Sequential(first, nn.ReLU(), between, second, nn.ReLU(), *end)
    images, labels = digits()
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for rows in torch.arange(400).repeat(5).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
        optimizer.step()
    return network


def test_circular_convolutions_and_a_global_mean_are_fully_consistent_and_strided_pooling_is_not():
    images, _ = digits()
    even = fitted(nn.Identity(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    assert shift_consistency(even.double(), images.double()) == 1.0
    pooled = fitted(nn.MaxPool2d(2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32, 10))
    assert 0.1 < shift_consistency(pooled, images) < 0.9


def test_without_a_shift_everything_agrees_and_the_mode_is_kept():
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10))
    assert shift_consistency(network, digits()[0], most=0) == 1.0
    assert network.training


def test_tables_are_refused():
    with pytest.raises(InputError, match="images must be"):
        shift_consistency(nn.Linear(64, 10), torch.zeros(3, 64))
