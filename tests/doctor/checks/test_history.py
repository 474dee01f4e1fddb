"""How the loss went: growing, learned by heart, at chance, too short; each with a twin that is well."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.doctor.checks.history import (
    check_chance,
    check_collapsed,
    check_diverged,
    check_overfit,
    check_underfit,
    validation_losses,
)

ROWS, LABELS = load_digits(return_X_y=True)
ORDER = torch.randperm(len(ROWS), generator=torch.Generator().manual_seed(0))
X = (torch.tensor(ROWS, dtype=torch.float32) / 16)[ORDER]
Y = torch.tensor(LABELS)[ORDER]


def net(width=32, *, dropout=0.0):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 10))


def digits(model, *, rate=0.1, epochs=12, n_rows=512, labels=Y, evaluated=True, each=None, **settings):
    """Steps of 64 digits; the rows from 1200 to 1500 are held out."""
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, **settings)
    held_out = slice(1200, 1500)

    def train():
        for epoch in range(epochs):
            model.train()
            for rows in torch.randperm(n_rows).split(64):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(X[rows]), labels[rows])
                loss.backward()
                optimizer.step()
            if each is not None:
                each(epoch, model)
            if evaluated:
                model.eval()
                with torch.no_grad():
                    (model(X[held_out]).argmax(1) == labels[held_out]).float().mean()

    return train


def kinds(findings):
    return [(finding.kind, finding.severity) for finding in findings]


def test_a_loss_that_grows_is_found_and_one_that_falls_is_not(watched):
    case = watched(digits(net(), maximize=True))
    (found,) = check_diverged(case)
    assert found.kind == "diverged"
    assert found.evidence["last"] > found.evidence["first"]
    assert kinds(check_diverged(watched(digits(net())))) == []


def test_a_loss_that_rises_step_by_step_is_found_by_its_trend(watched):
    model = net()
    case = watched(digits(model, rate=0.02, epochs=20, evaluated=False))
    history = case.trainee.history
    history.loss[:] = history.loss[::-1]
    assert kinds(check_diverged(case)) == [("diverged", "warning")]


def test_rows_learned_by_heart_are_found_and_a_net_that_is_good_on_others_is_not(watched):
    """Half of the training labels are wrong: the held-out loss turns, and the training rows are far ahead."""
    noisy = Y.clone()
    chosen = torch.randperm(512, generator=torch.Generator().manual_seed(1))[:256]
    noisy[chosen] = torch.randint(10, (256,), generator=torch.Generator().manual_seed(2))
    case = watched(digits(net(128), rate=0.1, momentum=0.9, epochs=60, labels=noisy), outcome=True)
    (found,) = check_overfit(case)
    assert (found.kind, found.severity) == ("overfit", "warning")
    assert found.evidence["last held-out loss"] > found.evidence["lowest held-out loss"]
    case = watched(digits(net(128), rate=0.1, momentum=0.9, epochs=25), outcome=True)
    assert case.outcome.on_train.score == 1.0
    assert kinds(check_overfit(case)) == []


def test_held_out_losses_are_those_that_the_program_had(watched):
    model, seen = net(), []

    def each(_, network):
        network.eval()
        with torch.no_grad():
            seen.append(float(F.cross_entropy(network(X[1200:1500]), Y[1200:1500])))

    case = watched(digits(model, epochs=4, each=each, evaluated=False))
    assert validation_losses(case) == pytest.approx(seen, rel=1e-6)


def test_answers_that_are_all_one_are_found_where_the_rows_can_be_told_apart(watched):
    class Blind(nn.Sequential):
        def forward(self, x):
            return super().forward(0 * x)

    blind = Blind(*net())
    case = watched(digits(blind, epochs=6), outcome=True)
    assert kinds(check_collapsed(case)) == [("collapsed_output", "warning")]
    assert kinds(check_chance(case)) == [("not_better_than_constant", "error")]
    case = watched(digits(net()), outcome=True)
    assert kinds(check_collapsed(case)) == []
    assert kinds(check_chance(case)) == []


def test_without_held_out_rows_chance_is_called_not_learning(watched):
    case = watched(digits(net(), rate=1e-7, epochs=4, evaluated=False), outcome=True)
    assert kinds(check_chance(case)) == [("not_learning", "error")]


def test_a_net_below_its_references_also_on_its_training_rows_is_found(watched):
    case = watched(digits(net(), rate=0.1, epochs=4), outcome=True)
    (found,) = check_underfit(case)
    assert (found.kind, found.severity) == ("underfit", "warning")
    assert found.evidence["on training rows"] < 0.9
    case = watched(digits(net(), rate=0.3, epochs=20), outcome=True)
    assert kinds(check_underfit(case)) == []
