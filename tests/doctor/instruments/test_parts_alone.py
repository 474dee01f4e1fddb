"""Of a joint loss each part alone: the head whose target is broken is the one that fails."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor.instruments.parts_alone import learn_parts_alone
from netwright.doctor.instruments.penalties import examine_penalty


class TwoHeads(nn.Module):
    """Which digit it is, and how much ink it has."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
        self.digit, self.ink = nn.Linear(32, 10), nn.Linear(32, 1)

    def forward(self, x):
        hidden = self.trunk(x)
        return self.digit(hidden), self.ink(hidden)


PARTS = {
    "digit": lambda network, batch: F.cross_entropy(network(batch[0])[0], batch[1]),
    "ink": lambda network, batch: F.mse_loss(network(batch[0])[1], batch[2]),
}


def batches(broken):
    X, y = load_digits(return_X_y=True)
    x, labels = torch.from_numpy(X[:960]).float() / 16, torch.from_numpy(y[:960])
    ink = (x.mean(1, keepdim=True) - x.mean()) / x.mean(1).std()
    apart = torch.randperm(960, generator=torch.Generator().manual_seed(0))
    labels, ink = labels[apart] if broken == "digit" else labels, ink[apart] if broken == "ink" else ink
    return list(zip(x.split(32), labels.split(32), ink.split(32), strict=True))


@pytest.mark.parametrize("broken", ["digit", "ink", None])
def test_each_head_is_run_alone_and_the_one_with_a_broken_target_is_named(broken):
    torch.manual_seed(0)
    network = TwoHeads()
    before = [one.clone() for one in network.parameters()]
    told = learn_parts_alone(network, PARTS, batches(broken), epochs=5, learning_rate=3e-3)
    assert [name for name, part in told.items() if not part.learns] == [broken] * (broken is not None)
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))


def test_a_penalty_that_is_taken_off_or_does_not_count_is_named():
    weights = torch.randn(5, generator=torch.Generator().manual_seed(0))
    penalty = float((weights**2).sum())
    assert [one.kind for one in examine_penalty(lambda strength: 2.3 - strength * penalty)] == ["loss_sign"]
    assert [one.kind for one in examine_penalty(lambda strength: 2.3)] == ["loss_weights"]
    assert examine_penalty(lambda strength: 2.3 + strength * penalty) == []
