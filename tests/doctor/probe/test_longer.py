"""Trainings that end too early, and trials that follow a schedule."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor.probe.longer import longer
from netwright.doctor.probe.training import Change, train

X = torch.tensor(load_digits().data[:512] / 16, dtype=torch.float32)
Y = torch.tensor(load_digits().target[:512])


def _fit(steps, schedule=None):
    def run():
        network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule or (lambda _: 1.0))
        for step in range(steps):
            rows = slice(64 * (step % 8), 64 * (step % 8) + 64)
            optimizer.zero_grad()
            F.cross_entropy(network(X[rows]), Y[rows]).backward()
            optimizer.step()
            scheduler.step()

    return run


def test_more_of_the_same_steps_that_would_have_helped_are_found(watched):
    (found,) = longer(watched(_fit(8)), 8)
    assert (found.kind, found.severity) == ("too_few_epochs", "warning")
    assert found.evidence["loss after"] < found.evidence["loss before"] - 0.3


def test_a_training_that_has_come_to_its_end_needs_no_more(watched):
    assert not longer(watched(_fit(200)), 200)


def test_a_trial_goes_through_the_whole_schedule(watched):
    """The rate is zero for the second half: a trial of a tenth of the steps learns in five of ten."""
    case = watched(_fit(100, lambda step: 1.0 if step < 50 else 0.0))
    losses = train(case, Change(), 10).losses
    again = train(case, Change(rate=0.0), 10).losses
    assert losses[5] < again[5] - 0.03
    still = [train(case, Change(), n).copies for n in (10, 10)]
    assert all(
        torch.equal(one, other)
        for one, other in zip(still[0].parameters(), still[1].parameters(), strict=True)
    )
    ended = train(case, Change(from_end=True), 5)
    assert ended.before == ended.after
    assert train(case, Change(from_end=True, fixed=0.1), 5).after != ended.before
