"""Checks of the order of rows, each with a training that is ill and ones that are well."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from netwright.doctor.checks.data_order import (
    check_repeated_batch,
    check_single_class_batches,
    check_unshuffled,
)


def blobs(n_rows=240, classes=3):
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(n_rows) % classes
    return torch.randn(n_rows, 5, generator=generator) + labels[:, None], labels


def training(batches, n_outputs=3, loss=F.cross_entropy):
    net = nn.Linear(5, n_outputs)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for x, y in batches:
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()


def loops(loader, epochs=2):
    for _ in range(epochs):
        yield from loader


def test_a_loader_that_is_begun_anew_in_each_step(watched):
    loader = DataLoader(TensorDataset(*blobs()), batch_size=20)
    (found,) = check_repeated_batch(watched(lambda: training(next(iter(loader)) for _ in range(12))))
    assert (found.kind, found.severity) == ("repeated_batch", "error")


def test_a_shuffling_loader_may_be_begun_anew(watched):
    loader = DataLoader(TensorDataset(*blobs()), batch_size=20, shuffle=True)
    assert not list(check_repeated_batch(watched(lambda: training(next(iter(loader)) for _ in range(12)))))


def test_a_data_set_that_gives_the_same_rows(watched):
    x, y = blobs()
    same = [(x[number % 20], y[number % 20]) for number in range(240)]
    (found,) = check_repeated_batch(watched(lambda: training(loops(DataLoader(same, batch_size=20)))))
    assert found.evidence["rows there are"] == 240


def test_an_index_that_does_not_move(watched):
    x, y = blobs()

    def train():
        order = torch.arange(240)
        training((x[order[:20]], y[order[:20]]) for _ in range(12))

    (found,) = check_repeated_batch(watched(train))
    assert found.evidence["rows"] == 20


def test_full_batches_are_no_repetition(watched):
    x, y = blobs()
    assert not list(check_repeated_batch(watched(lambda: training((x, y) for _ in range(12)))))
    one = DataLoader(TensorDataset(x, y), batch_size=240)
    assert not list(check_repeated_batch(watched(lambda: training(loops(one, 12)))))


def test_the_training_part_of_a_tensor_is_no_repetition(watched):
    x, y = blobs()

    def train():
        rows, rest = torch.arange(100), torch.arange(100, 240)
        net = nn.Linear(5, 3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(12):
            optimizer.zero_grad()
            F.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            net(x[rest])

    assert not list(check_repeated_batch(watched(train)))


def by_class(x, y):
    order = torch.argsort(y, stable=True)
    return x[order], y[order]


def test_batches_of_one_class_each(watched):
    loader = DataLoader(TensorDataset(*by_class(*blobs())), batch_size=8)
    case = watched(lambda: training(loops(loader)))
    (found,) = check_single_class_batches(case)
    assert (found.kind, found.severity) == ("single_class_batches", "warning")
    assert next(check_unshuffled(case)).severity == "warning"


def test_shuffled_batches_are_well(watched):
    loader = DataLoader(TensorDataset(*blobs()), batch_size=8, shuffle=True)
    case = watched(lambda: training(loops(loader)))
    assert not list(check_single_class_batches(case))
    assert not list(check_unshuffled(case))


def test_one_row_at_a_time_is_no_evidence(watched):
    loader = DataLoader(TensorDataset(*blobs(60)), batch_size=1, shuffle=True)
    assert not list(check_single_class_batches(watched(lambda: training(loops(loader)))))


def test_a_step_that_gathers_one_part_of_each_class_is_well(watched):
    x, y = by_class(*blobs())

    def train():
        net = nn.Linear(5, 3)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for step in range(10):
            optimizer.zero_grad()
            for start in (0, 80, 160):
                part = slice(start + 8 * step, start + 8 * step + 8)
                F.cross_entropy(net(x[part]), y[part]).backward()
            optimizer.step()

    assert not list(check_single_class_batches(watched(train)))


def test_rare_classes_give_single_class_batches_by_chance(watched):
    x, _ = blobs()
    rare = (torch.arange(240) % 80 == 0).long()
    loader = DataLoader(TensorDataset(x, rare), batch_size=8, shuffle=True)
    assert not list(check_single_class_batches(watched(lambda: training(loops(loader)))))


def test_rows_sorted_by_a_number_are_information_without_harm(watched):
    x, _ = blobs()
    y = x[:, :1].sort(0)[0]
    loader = DataLoader(TensorDataset(x, y), batch_size=8)
    (found,) = check_unshuffled(watched(lambda: training(loops(loader), 1, F.mse_loss)))
    assert (found.kind, found.severity) == ("unshuffled", "info")


def test_a_full_batch_may_be_sorted(watched):
    x, y = by_class(*blobs())
    assert not list(check_unshuffled(watched(lambda: training((x, y) for _ in range(12)))))


def test_windows_of_a_series_may_come_in_order(watched):
    series = torch.linspace(0, 3, 245)
    x, y = series.unfold(0, 5, 1)[:-1], series[5:, None]
    loader = DataLoader(TensorDataset(x, y), batch_size=8)
    assert not list(check_unshuffled(watched(lambda: training(loops(loader), 1, F.mse_loss))))
