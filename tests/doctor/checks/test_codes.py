"""Codes of one number and embeddings that fall together, and their twins."""

import torch
from sklearn.datasets import load_breast_cancer, load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.codes import check_answers_differ, check_code_width, check_columns_rebuilt

X = torch.tensor(load_digits().data[:600] / 16, dtype=torch.float32)
Y = torch.tensor(load_digits().target[:600])


def _autoencoder(width):
    def run():
        network = nn.Sequential(
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, width),
            nn.Linear(width, 32),
            nn.ReLU(),
            nn.Linear(32, 64),
        )
        optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
        for step in range(300):
            rows = X[60 * (step % 10) : 60 * (step % 10) + 60]
            optimizer.zero_grad()
            F.mse_loss(network(rows), rows).backward()
            optimizer.step()

    return run


def test_a_code_of_one_number_is_found_and_one_of_two_is_left(watched):
    (found,) = check_code_width(watched(_autoencoder(1), outcome=True))
    assert (found.kind, found.severity) == ("bottleneck", "warning")
    assert found.evidence["8 components"] > found.evidence["network"] + 0.05
    assert not list(check_code_width(watched(_autoencoder(2), outcome=True)))


def _table(scaled):
    def run():
        table = torch.tensor(load_breast_cancer().data, dtype=torch.float32)
        table = (table - table.mean(0)) / table.std(0) if scaled else table
        network = nn.Sequential(nn.Linear(30, 6), nn.Linear(6, 30))
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        for step in range(400):
            rows = table[100 * (step % 5) : 100 * (step % 5) + 100]
            optimizer.zero_grad()
            F.mse_loss(network(rows), rows).backward()
            optimizer.step()

    return run


def test_a_table_of_which_the_large_columns_alone_are_rebuilt_is_found(watched):
    (found,) = check_columns_rebuilt(watched(_table(scaled=False)))
    assert (found.kind, found.severity) == ("unscaled_input", "warning")
    assert found.evidence["columns lost"] > 15
    assert not list(check_columns_rebuilt(watched(_table(scaled=True))))


def _pairs(sign):
    """Contrastive learning: equal digits are drawn together, others apart, or together as well."""

    def run():
        network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
        optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
        for _ in range(300):
            one, other = torch.randint(600, (2, 64))
            far = (network(X[one]) - network(X[other])).square().sum(1)
            same = (Y[one] == Y[other]).float()
            loss = (same * far - sign * (1 - same) * far.clamp(max=1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return run


def test_embeddings_that_have_come_to_one_point_are_found(watched):
    (found,) = check_answers_differ(watched(_pairs(-1)))
    assert (found.kind, found.severity) == ("collapsed_output", "warning")
    assert found.evidence["spread at the end"] < 0.1 < found.evidence["spread at first"]
    assert not list(check_answers_differ(watched(_pairs(1))))


def _saturated():
    network = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 64))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.5)
    for step in range(200):
        rows = X[60 * (step % 10) : 60 * (step % 10) + 60]
        optimizer.zero_grad()
        F.mse_loss(network(rows), rows).backward()
        optimizer.step()


def test_where_the_largest_column_is_lost_as_well_it_is_not_the_columns(watched):
    case = watched(_saturated, outcome=True)
    assert case.outcome.poor
    assert not list(check_columns_rebuilt(case))
