"""Weights of classes, of positives, and labels that do not count: ill trainings and their twins."""

from functools import partial

import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.weights import (
    check_class_weights,
    check_ignored_class,
    check_positive_weight,
)


def table(load):
    """Standardised columns and labels of one of scikit-learn's tables, in a random order."""
    x, y = load(return_X_y=True)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:900]
    x, y = torch.from_numpy(x).float()[order], torch.from_numpy(y)[order]
    return (x - x.mean(0)) / (x.std(0) + 1e-6), y


def fit(x, y, loss, *, outputs, epochs=2):
    def train():
        net = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, outputs))
        optimizer = torch.optim.Adam(net.parameters(), 0.01)
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(32):
                optimizer.zero_grad()
                loss(net(x[rows]), y[rows]).backward()
                optimizer.step()

    return train


def rare_wines():
    """Wine with a third of one class: shares of about 0.40, 0.48 and 0.11."""
    x, y = table(load_wine)
    kept = (y != 2) | (torch.arange(len(y)) % 3 == 0)
    return x[kept], y[kept], torch.bincount(y[kept]).float()


def test_class_weights_that_grow_with_the_frequency(watched):
    x, y, count = rare_wines()
    case = watched(fit(x, y, partial(F.cross_entropy, weight=count / count.sum()), outputs=3))
    (found,) = check_class_weights(case)
    assert (found.kind, found.severity) == ("loss_weights", "warning")
    assert found.evidence["correlation"] > 0.99


def test_inverse_frequencies_equal_weights_and_balanced_classes_are_well(watched):
    x, y, count = rare_wines()
    for weight in (1 / count, torch.ones(3), None):
        case = watched(fit(x, y, partial(F.cross_entropy, weight=weight), outputs=3))
        assert not list(check_class_weights(case))
    x, y = table(load_digits)
    weight = torch.linspace(1, 2, 10)
    assert not list(
        check_class_weights(watched(fit(x, y, partial(F.cross_entropy, weight=weight), outputs=10)))
    )


def tumours(pos_weight, epochs):
    x, y = table(load_breast_cancer)
    weight = torch.tensor([pos_weight])
    loss = partial(F.binary_cross_entropy_with_logits, pos_weight=weight)
    return fit(x, y[:, None].float(), loss, outputs=1, epochs=epochs)


def test_a_weight_of_positives_under_which_everything_is_positive(watched):
    (found,) = check_positive_weight(watched(tumours(2000.0, 1), outcome=True))
    assert (found.kind, found.severity) == ("loss_weights", "warning")
    assert found.evidence["pos_weight"] == 2000


def test_a_weight_that_balances_or_does_no_harm_is_well(watched):
    assert not list(check_positive_weight(watched(tumours(212 / 357, 3), outcome=True)))
    case = watched(tumours(20.0, 12), outcome=True)
    assert not case.outcome.poor
    assert not list(check_positive_weight(case))


def test_a_class_that_does_not_count(watched):
    x, y = table(load_digits)
    case = watched(fit(x, y, partial(F.cross_entropy, ignore_index=3), outputs=10))
    (found,) = check_ignored_class(case)
    assert (found.kind, found.severity) == ("loss_weights", "warning")
    assert found.evidence["ignore_index"] == 3


def test_padding_that_does_not_count_is_well(watched):
    x, y = table(load_digits)
    assert not list(check_ignored_class(watched(fit(x, y, F.cross_entropy, outputs=10))))
    padded = torch.arange(len(y)) % 4 == 0
    x, y = torch.where(padded[:, None], torch.zeros(()), x), torch.where(padded, 0, y)
    kept = (y != 0) | padded  # no real zero is left: label 0 means padding
    case = watched(fit(x[kept], y[kept], partial(F.cross_entropy, ignore_index=0), outputs=10))
    assert not list(check_ignored_class(case))
