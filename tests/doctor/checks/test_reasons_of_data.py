"""The reasons that lie in the data, on real tables: each check speaks of the ill, not of the well."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

from netwright.doctor.checks.data_changes import check_augmentation
from netwright.doctor.checks.data_columns import check_scaler_leakage
from netwright.doctor.checks.data_labels import check_labels_belong
from netwright.doctor.checks.data_order import (
    check_repeated_batch,
    check_single_class_batches,
    check_unshuffled,
)
from netwright.doctor.checks.data_values import check_constant_input, check_nan_input


def digits(rows=480, seed=0):
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(X))[:rows]
    return torch.from_numpy(X[order]).float() / 16, torch.from_numpy(y[order])


def train(dataset, held=(), *, shuffle=True, epochs=2, batch=32, classes=10, again=False):
    """A training of a small network on a data set, judged on held-out rows; `again` takes one batch only."""

    def run():
        net = nn.Sequential(nn.Linear(dataset[0][0].numel(), 32), nn.ReLU(), nn.Linear(32, classes))
        optimizer = torch.optim.Adam(net.parameters(), 0.01)
        loader = DataLoader(dataset, batch, shuffle=shuffle)
        for _ in range(epochs):
            steps = [next(iter(loader)) for _ in range(10)] if again else loader
            for x, y in steps:
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
            if len(held):
                with torch.no_grad():
                    (net(held[0]).argmax(1) == held[1]).double().mean()

    return run


class Rows(Dataset):
    """Rows as some function of the number of an item gives them."""

    def __init__(self, size, item):
        self.size, self.item = size, item

    def __len__(self):
        return self.size

    def __getitem__(self, number):
        return self.item(number)


def test_stupid_mistakes_in_the_input_are_named_and_clean_digits_are_not(watched):
    x, y = digits()
    well = watched(train(TensorDataset(x, y)))
    assert not [*check_nan_input(well), *check_constant_input(well)]
    broken = x.clone()
    broken[5, 3] = torch.nan
    (found,) = check_nan_input(watched(train(TensorDataset(broken, y))))
    assert (found.kind, found.severity, found.evidence["columns"]) == ("nan_input", "error", [3])
    (found,) = check_constant_input(watched(train(TensorDataset(x * 0, y))))
    assert (found.kind, found.severity) == ("constant_input", "error")
    (found,) = check_constant_input(watched(train(TensorDataset(x * (torch.arange(64) > 40), y))))
    assert (found.kind, found.severity) == ("constant_input", "info")
    assert found.evidence["constant columns"] > 40


def test_a_loader_that_repeats_one_batch_or_takes_wrong_indices_is_caught(watched):
    x, y = digits()
    well = watched(train(TensorDataset(x, y), digits(200, 1)), outcome=True)
    assert not [*check_repeated_batch(well), *check_labels_belong(well)]
    one_batch = watched(train(TensorDataset(x, y), shuffle=False, again=True))
    (found,) = check_repeated_batch(one_batch)
    assert (found.kind, found.severity, found.evidence["rows"]) == ("repeated_batch", "error", 32)
    wrong = Rows(len(x), lambda number: (x[number], y[(number + 1) % len(y)]))
    (found,) = check_labels_belong(watched(train(wrong, digits(200, 1)), outcome=True))
    assert found.kind == "label_misaligned"
    assert found.evidence["shift"] in (-1, 1)


def test_labels_shuffled_apart_from_their_inputs_are_found(watched):
    x, y = digits()
    apart = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(3))]
    held = digits(200, 1)
    case = watched(train(TensorDataset(x, apart), held), outcome=True)
    (found,) = check_labels_belong(case)
    assert (found.kind, found.severity) == ("random_labels", "warning")
    together = torch.randperm(len(y), generator=torch.Generator().manual_seed(3))
    case = watched(train(TensorDataset(x[together], y[together]), held), outcome=True)
    assert not list(check_labels_belong(case))


def test_the_runs_of_class_sorted_rows_are_flagged_and_shuffled_ones_are_not(watched):
    x, y = digits()
    ordered = y.argsort(stable=True)
    sorted_rows = TensorDataset(x[ordered], y[ordered])
    (found,) = check_unshuffled(watched(train(sorted_rows, shuffle=False)))
    assert (found.kind, found.severity) == ("unshuffled", "warning")
    assert found.evidence["runs"] == 10
    assert not list(check_unshuffled(watched(train(sorted_rows, shuffle=True))))
    assert not list(check_unshuffled(watched(train(TensorDataset(x, y), shuffle=False))))


def test_batches_of_one_label_are_found_and_their_chance_is_the_multinomials(watched):
    x, y = digits(480)
    ordered = y.argsort(stable=True)
    case = watched(train(TensorDataset(x[ordered], y[ordered]), shuffle=False, batch=8, epochs=1))
    (found,) = check_single_class_batches(case)
    assert found.kind == "single_class_batches"
    shares = np.bincount(y) / len(y)
    shares[-1] += 1 - shares.sum()
    one_class = stats.multinomial.pmf(8 * np.eye(10), 8, shares)
    assert found.evidence["chance"] == pytest.approx(one_class.sum())
    assert not list(check_single_class_batches(watched(train(TensorDataset(x, y), batch=8, epochs=1))))


def test_an_augmentation_under_which_training_and_plain_rows_are_both_told_badly(watched):
    x, y = digits()
    held = digits(200, 1)

    def noisy(size):
        return Rows(len(x), lambda number: (x[number] + size * torch.randn(64), y[number]))

    ill = watched(train(noisy(5.0), held, epochs=4), outcome=True)
    (found,) = check_augmentation(ill)
    assert (found.kind, found.severity) == ("destructive_augmentation", "warning")
    plain, augmented = found.evidence["skill on rows as they are"], found.evidence["skill on augmented rows"]
    assert plain > 0.8
    assert max(augmented, found.evidence["network"]) < 0.5
    assert not list(check_augmentation(watched(train(noisy(0.1), held, epochs=4), outcome=True)))


@pytest.mark.parametrize("leaks", [True, False])
def test_a_scaler_that_has_seen_all_rows_is_detected_and_one_of_training_rows_is_not(watched, leaks):
    X, y = (torch.from_numpy(one) for one in load_breast_cancer(return_X_y=True))
    seen = X if leaks else X[:400]
    x = ((X - seen.mean(0)) / seen.std(0, unbiased=False)).float()
    case = watched(train(TensorDataset(x[:400], y[:400]), (x[400:], y[400:]), classes=2))
    found = list(check_scaler_leakage(case))
    assert [one.kind for one in found] == ["scaler_leakage"] * leaks
