"""Penalties on weights that a loss writes out: known as such, left out of measures, and tried without."""

import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.case.penalties import penalties
from netwright.doctor.probe.tree import trials

X = torch.randn(256, 4, generator=torch.Generator().manual_seed(0))
Y = X[:, :1] * 2 - X[:, 1:2]


def _fit(factor):
    def run():
        network = nn.Linear(4, 1)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
        for step in range(60):
            rows = slice(64 * (step % 4), 64 * (step % 4) + 64)
            loss = F.mse_loss(network(X[rows]), Y[rows])
            if factor:
                loss = loss + factor * sum(one.square().sum() for one in network.parameters())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return run


def test_terms_of_weights_alone_are_told_from_those_of_rows(watched):
    assert len(penalties(watched(_fit(0.1)).tape)) == 1
    assert not penalties(watched(_fit(0)).tape)


def test_a_penalty_that_is_too_strong_is_found_by_a_trial_and_a_mild_one_is_left(watched):
    assert [one.kind for one in trials(watched(_fit(30), outcome=True), [])] == ["weight_decay_too_high"]
    assert not trials(watched(_fit(1e-3), outcome=True), [])
