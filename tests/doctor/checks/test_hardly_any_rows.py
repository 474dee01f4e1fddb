"""Two rows a class, and its twin."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.enough_rows import check_hardly_any_rows

X = torch.tensor(load_digits().data / 16, dtype=torch.float32)
Y = torch.tensor(load_digits().target)


@pytest.mark.parametrize(("each", "found"), [(2, ["too_few_samples"]), (12, [])])
def test_two_rows_a_class_are_told_and_a_dozen_are_not(watched, each, found):
    few = torch.cat([(label == Y).nonzero().flatten()[:each] for label in range(10)])
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    def train():
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(30):
            for rows in few[torch.randperm(len(few))].split(32):
                optimizer.zero_grad()
                F.cross_entropy(net(X[rows]), Y[rows]).backward()
                optimizer.step()

    told = list(check_hardly_any_rows(watched(train, outcome=True)))
    assert [one.kind for one in told if one.is_alarm] == found
