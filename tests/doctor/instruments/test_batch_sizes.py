"""Batch sizes: the advice, what a step takes of memory, and workers without rows."""

import json

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile
from torch.utils.data import DataLoader, TensorDataset

from netwright.core.errors import InputError
from netwright.doctor.instruments.batch_sizes import advise_batch_size, step_memory
from netwright.doctor.instruments.shards import FullShards, starved_workers

NETWORKS = {
    "dense": (
        lambda: nn.Sequential(
            nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
        ),
        (64,),
    ),
    "deep": (
        lambda: nn.Sequential(
            *(part for _ in range(8) for part in (nn.Linear(128, 128), nn.Tanh())), nn.Linear(128, 10)
        ),
        (128,),
    ),
    "convolutions": (
        lambda: nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
            *(nn.Flatten(), nn.Linear(32, 10)),
        ),
        (1, 16, 16),
    ),
}


def peak(network, x, y, trace):
    """Bytes at the peak of one step, as torch's own profiler of memory counts them."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        F.cross_entropy(network(x), y).backward()
    seen.export_chrome_trace(str(trace))
    events = json.loads(trace.read_text())["traceEvents"]
    changes = sorted((one["ts"], one["args"]["Bytes"]) for one in events if one.get("name") == "[memory]")
    now = highest = 0
    for _, change in changes:
        now += change
        highest = max(highest, now)
    standing = [*network.parameters(), *network.buffers(), x]
    return highest + sum(one.numel() * one.element_size() for one in standing)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [64, 1024])
def test_the_memory_of_a_step_is_within_a_quarter_of_the_measured_peak(name, batch, tmp_path):
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    network = make()
    x, y = torch.randn(batch, *shape), torch.randint(10, (batch,))
    measured = peak(network, x, y, tmp_path / "trace.json")
    assert step_memory(network, x[:8], batch) == pytest.approx(measured, rel=0.25)


def notes(batch_size, n_rows):
    return advise_batch_size(nn.Linear(64, 10), torch.zeros(4, 64), batch_size, n_rows).notes


def test_4096_rows_and_more_than_there_are_are_warned_of_and_64_are_not():
    (large,) = notes(4096, 50_000)
    assert "4096 rows a step are more than 512" in large
    (all_rows,) = notes(256, 200)
    assert "more than the 200 there are" in all_rows
    (small,) = notes(4, 1000)
    assert "fewer than 32" in small
    (odd,) = notes(100, 1000)
    assert "no power of two" in odd
    assert notes(64, 1000) == ()


def test_states_of_the_optimizer_count_once_for_each_weight():
    network, rows = nn.Linear(100, 100, bias=False), torch.zeros(4, 100)
    plain, adam = (step_memory(network, rows, 8, n_states=states) for states in (0, 2))
    assert adam - plain == 2 * 4 * 100 * 100


def test_one_row_and_an_empty_batch_are_refused():
    with pytest.raises(InputError, match="at least two rows"):
        step_memory(nn.Linear(2, 2), torch.zeros(1, 2), 8)
    with pytest.raises(InputError, match="batch_size must be at least 1"):
        advise_batch_size(nn.Linear(2, 2), torch.zeros(2, 2), 0, 100)


@pytest.mark.parametrize(("n_rows", "starved"), [(961, 3), (962, 2), (964, 0), (960, 0), (1000, 0)])
def test_a_remainder_below_the_number_of_workers_is_detected(n_rows, starved):
    assert starved_workers(n_rows, 64, 4) == starved
    assert starved == max(0, 4 - (n_rows % 64 or 64))


class Statistics(nn.Module):
    """Batch normalisation as the formula says, whose mean of no rows is no number."""

    def __init__(self, width):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))

    def forward(self, x):
        mean = x.mean(0)
        with torch.no_grad():
            self.mean.lerp_(mean, 0.1)
        return x - mean


def parallel(batches, n_workers=4):
    """Train with each batch split among workers; return what their layers remember."""
    torch.manual_seed(0)
    replicas = [Statistics(32) for _ in range(n_workers)]
    first, last = nn.Linear(64, 32), nn.Linear(32, 10)
    optimizer = torch.optim.SGD([*first.parameters(), *last.parameters()], lr=0.1)
    for x, y in batches:
        optimizer.zero_grad()
        shards = zip(replicas, first(x).tensor_split(n_workers), strict=True)
        F.cross_entropy(last(torch.cat([one(shard) for one, shard in shards])), y).backward()
        optimizer.step()
    return torch.stack([one.mean for one in replicas])


def test_full_shards_train_without_nan_in_the_buffers_and_lose_no_row():
    X, y = load_digits(return_X_y=True)
    data = TensorDataset(torch.from_numpy(X[:641]).float() / 16, torch.from_numpy(y[:641]))
    assert starved_workers(641, 64, 4) == 3
    assert not bool(torch.isfinite(parallel(DataLoader(data, 64, shuffle=True))).all())
    sampler = FullShards(641, 64, 4)
    assert bool(torch.isfinite(parallel(DataLoader(data, batch_sampler=sampler))).all())
    batches = list(sampler)
    assert sorted(row for rows in batches for row in rows) == list(range(641))
    assert len(batches) == len(sampler) == 10
    assert batches != list(sampler)


def test_batches_that_can_be_shared_stay_as_they_are():
    assert [len(rows) for rows in FullShards(100, 32, 4, shuffle=False)] == [32, 32, 32, 4]
    assert [len(rows) for rows in FullShards(100, 32, 4, fewest=2)] == [32, 32, 36]
    assert list(FullShards(5, 8, 4, shuffle=False)) == [[0, 1, 2, 3, 4]]
    with pytest.raises(InputError, match="at least 8 for 4 workers"):
        FullShards(100, 4, 4, fewest=2)
