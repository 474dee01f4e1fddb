"""Checks of augmentation and padding, each with a training that is ill and ones that are well."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from netwright.doctor.checks.data_changes import check_augmentation, check_padding, padded


class Signs(Dataset):
    """Rows whose class is where the bump stands; noise of some strength is drawn anew each time."""

    def __init__(self, n_rows, noise, seed):
        generator = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(4, (n_rows,), generator=generator)
        self.rows = F.one_hot(self.labels, 4).float().repeat(1, 3)
        self.rows = self.rows + 0.3 * torch.randn(n_rows, 12, generator=generator)
        self.noise = noise

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, number):
        return self.rows[number] + self.noise * torch.randn(12), self.labels[number]


def training(noise):
    def train():
        net = nn.Linear(12, 4)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        for _ in range(4):
            for x, y in DataLoader(Signs(300, noise, 1), batch_size=50, shuffle=True):
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
        held = Signs(200, 0.0, 2)
        with torch.no_grad():
            (net(held.rows).argmax(1) == held.labels).float().mean()

    return train


def test_augmentation_that_drowns_the_label(watched):
    (found,) = check_augmentation(watched(training(6.0), outcome=True))
    assert (found.kind, found.severity) == ("destructive_augmentation", "warning")


def test_augmentation_that_leaves_the_label_is_well(watched):
    assert not list(check_augmentation(watched(training(0.4), outcome=True)))
    assert not list(check_augmentation(watched(training(0.0), outcome=True)))


def sentences(long):
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(3, 10, (80,), generator=generator)
    labels = torch.arange(80) % 2
    ids = torch.randint(1, 20, (80, 10), generator=generator) + 20 * labels[:, None]
    ids[torch.arange(10) >= lengths[:, None]] = 0
    return torch.cat([ids, torch.zeros(80, long - 10, dtype=torch.long)], 1), labels


class Pooled(nn.Module):
    def __init__(self, masked):
        super().__init__()
        self.embedding, self.head, self.masked = nn.Embedding(40, 8), nn.Linear(8, 2), masked

    def forward(self, ids):
        real = (ids > 0).float()[:, :, None] if self.masked else torch.ones(*ids.shape, 1)
        return self.head((self.embedding(ids) * real).sum(1) / real.sum(1))


def reading(long, masked):
    ids, labels = sentences(long)

    def train():
        net = Pooled(masked)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(8):
            optimizer.zero_grad()
            F.cross_entropy(net(ids), labels).backward()
            optimizer.step()

    return train


def test_padding_without_a_mask(watched):
    (found,) = check_padding(watched(reading(64, masked=False)))
    assert (found.kind, found.severity) == ("padding_dominates", "warning")


def test_masked_or_little_padding_is_well(watched):
    assert not list(check_padding(watched(reading(64, masked=True))))
    assert not list(check_padding(watched(reading(12, masked=False))))


def test_the_end_of_a_flat_table_is_no_padding(watched):
    counts = torch.zeros(60, 50)
    counts[torch.arange(60), torch.arange(60) % 7] = 1.0

    def train():
        net = nn.Linear(50, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(8):
            optimizer.zero_grad()
            F.cross_entropy(net(counts), torch.arange(60) % 2).backward()
            optimizer.step()

    assert not list(check_padding(watched(train)))


def test_padding_is_measured_at_the_ends_of_rows():
    steps = torch.zeros(10, 20, 3)
    for number in range(10):
        steps[number, : number + 1] = 1.0
    share, axis, pad = padded(steps)
    assert (axis, pad) == (1, 0.0)
    assert abs(share - (1 - 5.5 / 20)) < 1e-6
