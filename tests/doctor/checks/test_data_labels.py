"""Checks of labels, each with a training that is ill and ones that are well."""

import random

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

from netwright.doctor.checks.data_classes import check_imbalance, check_too_few
from netwright.doctor.checks.data_labels import check_label_noise, check_labels_belong
from netwright.doctor.checks.order_of_rows import items_of, kept_streams, serial


def blobs(n_rows, classes=3, apart=3.0, columns=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (n_rows,), generator=generator)
    middle = torch.randn(classes, columns, generator=torch.Generator().manual_seed(9)) * apart
    return torch.randn(n_rows, columns, generator=generator) + middle[labels], labels


def training(x, y, held, batch=None, epochs=15, labels=None, rate=0.05):
    def train():
        net = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, int(y.max()) + 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=rate)
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(batch or len(x)):
                optimizer.zero_grad()
                F.cross_entropy(net(x[rows]), y[rows] if labels is None else labels(rows)).backward()
                optimizer.step()
        with torch.no_grad():
            (net(held[0]).argmax(1) == held[1]).float().mean()

    return train


def test_labels_in_an_order_of_their_own(watched):
    x, y = blobs(240)
    held = blobs(100, seed=2)
    case = watched(training(x, y.sort()[0], held), outcome=True)
    (found,) = check_labels_belong(case)
    assert (found.kind, found.severity) == ("label_misaligned", "warning")


def test_labels_moved_by_one(watched):
    x, y = blobs(240)
    (found,) = check_labels_belong(watched(training(x, y.roll(1), blobs(100, seed=2)), outcome=True))
    assert (found.kind, found.evidence["shift"]) == ("label_misaligned", -1)


def test_labels_without_any_order_are_random(watched):
    x, y = blobs(240)
    shuffled = y[torch.randperm(240, generator=torch.Generator().manual_seed(5))]
    (found,) = check_labels_belong(watched(training(x, shuffled, blobs(100, seed=2)), outcome=True))
    assert (found.kind, found.severity) == ("random_labels", "warning")


def test_rows_that_come_again_with_another_label(watched):
    x, y = blobs(240)
    at_random = training(
        x, y, blobs(100, seed=2), batch=40, labels=lambda rows: y[torch.randint(240, (len(rows),))]
    )
    (found,) = check_labels_belong(watched(at_random, outcome=True))
    assert (found.kind, found.severity) == ("label_misaligned", "error")


def test_labels_of_their_rows_are_well(watched):
    x, y = blobs(240)
    assert not list(check_labels_belong(watched(training(x, y, blobs(100, seed=2)), outcome=True)))


def test_what_only_the_network_learns_is_well(watched):
    bits = (torch.arange(256)[:, None] >> torch.arange(8) & 1).float()
    y = (bits.sum(1) % 2).long()
    held = bits[::3], y[::3]

    def train():
        net = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 2))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        rest = torch.arange(256) % 3 > 0
        for _ in range(400):
            optimizer.zero_grad()
            F.cross_entropy(net(torch.cat([bits[rest], bits])), torch.cat([y[rest], y])).backward()
            optimizer.step()
        with torch.no_grad():
            (net(held[0] + 0.01).argmax(1) == held[1]).float().mean()

    assert not list(check_labels_belong(watched(train, outcome=True)))


def noisy(y, share, classes):
    generator = torch.Generator().manual_seed(4)
    wrong = torch.rand(len(y), generator=generator) < share
    return torch.where(wrong, (y + torch.randint(1, classes, (len(y),), generator=generator)) % classes, y)


def test_wrong_training_labels_show_beside_right_ones(watched):
    x, y = blobs(400, classes=4)
    (found,) = check_label_noise(watched(training(x, noisy(y, 0.3, 4), blobs(200, classes=4, seed=2))))
    assert (found.kind, found.severity) == ("label_noise", "warning")


def test_wrong_labels_show_by_themselves(watched):
    x, y = blobs(600, classes=6)
    y = noisy(y, 0.3, 6)
    case = watched(training(x, y, (x[:10], y[:10])))
    case.held_out = None
    (found,) = check_label_noise(case)
    assert (found.kind, found.severity) == ("label_noise", "warning")


def test_classes_that_overlap_are_not_noise(watched):
    for apart in (0.4, 1.0):
        x, y = blobs(300, classes=5, apart=apart, columns=3)
        held = blobs(200, classes=5, apart=apart, columns=3, seed=2)
        case = watched(training(x, y, held))
        assert not list(check_label_noise(case))
        case.held_out = None
        assert not list(check_label_noise(case))


def rare(n_rows, apart, seed):
    generator = torch.Generator().manual_seed(seed)
    y = (torch.rand(n_rows, generator=generator) < 0.06).long()
    return torch.randn(n_rows, 4, generator=generator) + apart * y[:, None], y


def test_a_rare_class_that_is_never_found(watched):
    case = watched(training(*rare(1500, 0.8, 1), rare(800, 0.8, 2), epochs=30), outcome=True)
    (found,) = check_imbalance(case)
    assert (found.kind, found.severity) == ("imbalance_ignored", "warning")


def test_a_rare_class_that_is_found_or_cannot_be_is_well(watched):
    found = watched(training(*rare(1500, 4.0, 1), rare(800, 4.0, 2), epochs=60), outcome=True)
    assert not list(check_imbalance(found))
    hidden = watched(training(*rare(1500, 0.0, 1), rare(800, 0.0, 2)), outcome=True)
    assert not list(check_imbalance(hidden))


def test_few_rows_are_information(watched):
    x, y = blobs(30, classes=5, apart=1.0, columns=12)
    case = watched(
        training(x, y, blobs(400, classes=5, apart=1.0, columns=12, seed=2), epochs=100), outcome=True
    )
    assert {one.severity for one in check_too_few(case)} <= {"info"}
    many = watched(training(*blobs(400), blobs(100, seed=2)), outcome=True)
    assert not list(check_too_few(many))


class Jittered(Dataset):
    def __len__(self):
        return 10

    def __getitem__(self, number):
        return torch.randn(2) + random.random() + np.random.rand(), number  # noqa: NPY002 (a script may use it)


def test_reading_a_data_set_leaves_the_random_streams_alone():
    with kept_streams():
        torch.manual_seed(3)
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002 (a script may use it)
        wanted = torch.rand(1).item(), random.random(), np.random.rand()  # noqa: NPY002 (a script may use it)
        torch.manual_seed(3)
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002 (a script may use it)
        assert len(items_of(Jittered(), list(range(10)))) == 10
        assert (torch.rand(1).item(), random.random(), np.random.rand()) == wanted  # noqa: NPY002 (a script may use it)


def test_a_data_set_that_cannot_be_read_is_left():
    assert items_of([1, 2], [0, 5]) is None


def test_an_order_is_told_from_none():
    assert serial(np.repeat(np.arange(3.0), 40)[:, None], 1) > 6
    assert abs(serial(np.random.default_rng(0).normal(size=(120, 2)), 1)) < 5


def test_labels_of_a_loader_are_read_in_its_order(watched):
    x, y = blobs(240)
    held = blobs(100, seed=2)

    def train():
        net = nn.Linear(6, 3)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
        for _ in range(4):
            for xb, yb in DataLoader(TensorDataset(x, y.sort()[0]), batch_size=40, shuffle=True):
                optimizer.zero_grad()
                F.cross_entropy(net(xb), yb).backward()
                optimizer.step()
        with torch.no_grad():
            (net(held[0]).argmax(1) == held[1]).float().mean()

    (found,) = check_labels_belong(watched(train, outcome=True))
    assert found.kind == "label_misaligned"
