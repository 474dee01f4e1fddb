import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from netwright.training import Engine, Supervised, TensorSamples, Training
from netwright.training.streams import MemoryMapSamples, ParquetStream, Prefetch, Stream

ROWS = 150


@pytest.fixture
def table():
    draws = np.random.default_rng(0)
    frame = pd.DataFrame(draws.normal(size=(ROWS, 3)).astype("float32"), columns=["a", "b", "c"])
    frame["late"] = (frame["a"] + frame["b"] > 0).astype(int)
    return frame


def samples_of(table):
    inputs = torch.tensor(table[["a", "b", "c"]].to_numpy())
    return TensorSamples(inputs, torch.tensor(table["late"].to_numpy()))


def trained(samples, validation):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.2), nn.Linear(4, 2))
    training = Training(epochs=3, batch_size=16, engine=Engine(fast_path=False))
    record = training.run(network, Supervised(nn.CrossEntropyLoss()), samples, validation)
    return record, network.state_dict()


def assert_same(ours, theirs):
    (record, weights), (other_record, other_weights) = ours, theirs
    assert record.epochs == other_record.epochs
    assert all(torch.equal(weights[name], other_weights[name]) for name in other_weights)


class InMemory(Stream):
    """Rows in memory as a stream; `order` gives the order of a pass."""

    def __init__(self, samples, order):
        self.samples, self.order = samples, order

    def __len__(self):
        return len(self.samples)

    def read(self, spans, seed):
        order = self.order(seed)
        return (self.samples[order[first:last]] for first, last in spans)


def test_a_stream_in_the_order_of_rows_in_memory_gives_the_same_run(table):
    class SameOrder(InMemory):
        def batches(self, steps, generator=None, **place):
            order = torch.arange(ROWS) if generator is None else torch.randperm(ROWS, generator=generator)
            self.order = lambda seed: order
            return super().batches(steps, None, **place)

    samples = samples_of(table)
    assert_same(trained(SameOrder(samples, None), SameOrder(samples, None)), trained(samples, samples))


def test_row_groups_give_the_run_of_the_same_rows_in_memory(table, tmp_path):
    table.to_parquet(tmp_path / "a.parquet", row_group_size=30)
    numbered = table.assign(row=np.arange(ROWS))
    numbered.to_parquet(tmp_path / "b.parquet", row_group_size=30)
    rows = ParquetStream(tmp_path / "b.parquet", inputs=["row"], target="row", groups_at_once=2)
    stream = ParquetStream(tmp_path / "a.parquet", target="late", groups_at_once=2)

    def order(seed):
        (batch,) = rows.read([(0, ROWS)], seed)
        return batch.target

    reference = trained(InMemory(samples_of(table), order), samples_of(table))
    assert_same(trained(stream, stream), reference)
    assert_same(trained(Prefetch(stream), Prefetch(stream)), reference)


def test_mapped_arrays_give_the_run_of_arrays_in_memory(table, tmp_path):
    np.save(tmp_path / "inputs.npy", table[["a", "b", "c"]].to_numpy())
    np.save(tmp_path / "target.npy", table["late"].to_numpy())
    mapped = MemoryMapSamples(tmp_path / "inputs.npy", tmp_path / "target.npy")
    assert_same(trained(mapped, mapped), trained(samples_of(table), samples_of(table)))
