"""Checks of rows that occur twice, each with a training that is ill and ones that are well."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from netwright.doctor.checks.data_twins import (
    check_conflicting_labels,
    check_leakage,
    check_steps_on_held_out,
    copied,
)


def blobs(n_rows=200, classes=2, columns=5):
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(n_rows) % classes
    return torch.randn(n_rows, columns, generator=generator) + labels[:, None], labels


def training(x, y, *evaluated, epochs=2, classes=2):
    def train():
        net = nn.Linear(x.shape[1], classes)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(20):
                optimizer.zero_grad()
                F.cross_entropy(net(x[rows]), y[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                for one in evaluated:
                    net(one).argmax(1)

    return train


def test_equal_rows_with_other_labels(watched):
    x, y = blobs()
    x, y = torch.cat([x, x[:60]]), torch.cat([y, 1 - y[:60]])
    (found,) = check_conflicting_labels(watched(training(x, y)))
    assert (found.kind, found.severity) == ("conflicting_labels", "warning")
    assert found.evidence["rows in conflict"] > 80


def test_repeated_rows_with_their_own_labels_are_well(watched):
    x, y = blobs()
    case = watched(training(torch.cat([x, x[:60]]), torch.cat([y, y[:60]])))
    assert not list(check_conflicting_labels(case))


def test_conflicts_of_discrete_rows_are_natural(watched):
    x, y = blobs()
    few = (x[:, :2] > 0.5).float()
    assert not list(check_conflicting_labels(watched(training(few, y))))
    some = (x * 2).round()[:, :3]
    assert all(one.severity == "info" for one in check_conflicting_labels(watched(training(some, y))))


def test_copies_of_training_rows_among_the_evaluated_ones(watched):
    x, y = blobs()
    held, _ = blobs(60)
    held = torch.cat([held + 0.5, x[:30]])[torch.randperm(90)]
    (found,) = check_leakage(watched(training(x, y, held)))
    assert (found.kind, found.severity) == ("train_val_leakage", "error")
    assert found.evidence["shared rows"] == 30


def test_oversampling_before_the_split(watched):
    x, y = blobs(120)
    more = torch.cat([x, x[y == 1].repeat(4, 1)])
    labels = torch.cat([y, torch.ones(240, dtype=torch.long)])
    order = torch.randperm(len(more), generator=torch.Generator().manual_seed(3))
    train, val = order[:280], order[280:]
    assert list(check_leakage(watched(training(more[train], labels[train], more[val]))))


def test_oversampling_of_the_training_rows_is_well(watched):
    x, y = blobs(120)
    more, labels = torch.cat([x, x[y == 1].repeat(4, 1)]), torch.cat([y, torch.ones(240, dtype=torch.long)])
    assert not list(check_leakage(watched(training(more, labels, blobs(60)[0] + 0.5))))


def test_the_score_on_training_rows_may_be_taken(watched):
    x, y = blobs()
    held = blobs(60)[0] + 0.5
    assert not list(check_leakage(watched(training(x, y, x, held))))
    assert not list(check_leakage(watched(training(x, y, x))))
    assert not list(check_leakage(watched(training(x, y, torch.cat([x, held]), held))))


def test_natural_duplicates_are_the_null(watched):
    generator = torch.Generator().manual_seed(2)
    x = torch.randint(3, (300, 4), generator=generator).float()
    case = watched(training(x[:200], (x[:200, 0] > 1).long(), x[200:]))
    assert not list(check_leakage(case))


def test_all_evaluated_rows_are_a_part_of_the_training_rows(watched):
    x, y = blobs()
    (found,) = check_leakage(watched(training(x, y, x[150:])))
    assert (found.kind, found.severity) == ("train_val_leakage", "warning")


def test_equal_rows_of_measured_numbers_are_copies_and_of_three_levels_are_not():
    x, _ = blobs()
    assert copied(x, 3)
    assert not copied((x > 0).float(), 1000)


def both_loaders(judge_by_steps, quiet=True):
    x, y = blobs()

    def train():
        net = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.1), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        loaders = (
            DataLoader(TensorDataset(x, y), 20, shuffle=True),
            DataLoader(TensorDataset(x[:60] + 1, y[:60]), 20),
        )
        for _ in range(2):
            for loader, learns in zip(loaders, (True, False), strict=True):
                net.train(learns or not quiet)
                for xb, yb in loader:
                    if learns or judge_by_steps:
                        optimizer.zero_grad()
                        F.cross_entropy(net(xb), yb).backward()
                        optimizer.step()
                    else:
                        with torch.no_grad():
                            net(xb)

    return train


def test_steps_while_judging(watched):
    (found,) = check_steps_on_held_out(watched(both_loaders(True)))
    assert (found.kind, found.severity) == ("val_used_for_training", "error")


def test_steps_while_judging_without_a_mode(watched):
    (found,) = check_steps_on_held_out(watched(both_loaders(True, quiet=False)))
    assert (found.kind, found.severity) == ("val_used_for_training", "warning")


def test_two_data_sets_that_are_both_shuffled_are_well(watched):
    x, y = blobs()

    def train():
        net = nn.Linear(5, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        loaders = [DataLoader(TensorDataset(x + k, y), 20, shuffle=True) for k in range(2)]
        for loader in loaders * 2:
            for xb, yb in loader:
                optimizer.zero_grad()
                F.cross_entropy(net(xb), yb).backward()
                optimizer.step()

    assert not list(check_steps_on_held_out(watched(train)))


def test_judging_without_steps_is_well(watched):
    case = watched(both_loaders(False))
    assert not list(check_steps_on_held_out(case))
    assert not list(check_leakage(case))
