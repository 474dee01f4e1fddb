"""What holds for every stream: passes, seeds, resumed passes and shared batches."""

import itertools
import random
import threading
import time

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from netwright.core.errors import InputError
from netwright.training.samples import Steps
from netwright.training.streams import LoaderStream, ParquetStream, Prefetch, Stream

ROWS = 103
STEPS = Steps(ROWS, 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three files with seven row groups of uneven sizes; the one column counts the rows."""
    folder = tmp_path_factory.mktemp("rows")
    for name, first, last, group in (("a", 0, 40, 17), ("b", 40, 41, 5), ("c", 41, ROWS, 25)):
        frame = pd.DataFrame({"row": np.arange(first, last, dtype=float), "label": np.arange(first, last)})
        frame.to_parquet(folder / f"{name}.parquet", row_group_size=group)
    return folder


@pytest.fixture(params=["parquet", "encoded parquet", "prefetched", "loader"])
def stream(request, folder):
    if request.param == "loader":
        rows = torch.arange(ROWS)
        return LoaderStream(TensorDataset(rows[:, None].double(), rows), workers=0)
    encode = (lambda frame: frame.to_numpy()) if request.param == "encoded parquet" else None
    stream = ParquetStream(folder, inputs=["row"], target="label", encode=encode, groups_at_once=2)
    return Prefetch(stream) if request.param == "prefetched" else stream


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def rows_of(batches):
    batches = list(batches)
    for batch in batches:
        assert batch.inputs.dtype == torch.float32
        assert batch.target.dtype == torch.int64
        assert torch.equal(batch.inputs[:, 0], batch.target.float())
    return [batch.target.tolist() for batch in batches]


def flat(batches):
    return list(itertools.chain.from_iterable(batches))


def test_every_row_comes_exactly_once_in_batches_cut_as_the_steps_say(stream):
    batches = rows_of(stream.batches(STEPS, seeded(0)))
    assert sorted(flat(batches)) == list(range(ROWS))
    assert [len(batch) for batch in batches] == [last - first for first, last in STEPS.bounds()]


def test_batches_may_be_larger_than_any_row_group_and_than_the_whole(stream):
    for steps in (Steps(ROWS, 60), Steps(ROWS, 1000), Steps(ROWS, 51, smallest=2)):
        batches = rows_of(stream.batches(steps, seeded(0)))
        assert sorted(flat(batches)) == list(range(ROWS))
        assert len(batches) == steps.per_epoch


def test_without_a_generator_the_rows_come_as_they_stand(stream):
    assert flat(rows_of(stream.batches(STEPS))) == list(range(ROWS))


def test_the_same_seed_gives_the_same_batches_and_the_next_pass_others(stream):
    first, second = seeded(3), seeded(3)
    once = rows_of(stream.batches(STEPS, first))
    assert rows_of(stream.batches(STEPS, second)) == once
    again = rows_of(stream.batches(STEPS, first))
    assert again != once
    assert rows_of(stream.batches(STEPS, second)) == again


def test_neighbours_in_the_file_are_rarely_neighbours_in_the_pass(stream):
    order = np.array(flat(rows_of(stream.batches(STEPS, seeded(1)))))
    assert (np.diff(order) == 1).sum() < 12


@pytest.mark.parametrize("skip", [1, 4, 10, 11])
@pytest.mark.parametrize("seed", [None, 5])
def test_skipping_gives_the_rest_of_the_same_pass(stream, skip, seed):
    whole = rows_of(stream.batches(STEPS, seed if seed is None else seeded(seed)))
    rest = rows_of(stream.batches(STEPS, seed if seed is None else seeded(seed), skip=skip))
    assert rest == whole[skip:]


@pytest.mark.parametrize("size", [2, 3])
def test_the_parts_of_all_processes_are_the_batches_of_one(stream, size):
    whole = rows_of(stream.batches(STEPS, seeded(7), skip=2))
    parts = [rows_of(stream.batches(STEPS, seeded(7), skip=2, rank=rank, size=size)) for rank in range(size)]
    assert [flat(own) for own in zip(*parts, strict=True)] == whole
    lengths = {max(map(len, own)) - min(map(len, own)) for own in zip(*parts, strict=True)}
    assert lengths <= {0, 1}


def test_the_generator_moves_on_alike_however_much_is_read(stream):
    untouched, begun, read = seeded(9), seeded(9), seeded(9)
    stream.batches(STEPS, untouched)
    next(stream.batches(STEPS, begun, skip=3))
    list(stream.batches(STEPS, read))
    assert torch.equal(untouched.get_state(), begun.get_state())
    assert torch.equal(begun.get_state(), read.get_state())


def test_a_pass_draws_nothing_from_the_streams_of_the_process(stream):
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    list(stream.batches(STEPS, seeded(0)))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert (np.random.get_state()[1] == before[2]).all()  # noqa: NPY002


def test_a_network_learns_from_a_stream_what_it_learns_from_the_same_batches_in_memory(stream):
    def trained(batches):
        torch.manual_seed(0)
        network = nn.Linear(1, 1)
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-5)
        for inputs, target in batches:
            optimizer.zero_grad()
            nn.functional.mse_loss(network(inputs)[:, 0], target.float()).backward()
            optimizer.step()
        return network.weight.item(), network.bias.item()

    order = flat(rows_of(stream.batches(STEPS, seeded(4))))
    in_memory = [
        (torch.tensor(order[a:b])[:, None].float(), torch.tensor(order[a:b])) for a, b in STEPS.bounds()
    ]
    assert trained((b.inputs, b.target) for b in stream.batches(STEPS, seeded(4))) == trained(in_memory)


def test_a_batch_too_small_for_the_processes_is_named(stream):
    with pytest.raises(InputError, match="a row for each of 4 processes, got one of 3; take larger batches"):
        list(stream.batches(STEPS, rank=3, size=4))


def test_steps_over_more_rows_than_there_are_are_named(stream):
    with pytest.raises(InputError, match="over the 103 rows of the stream, got steps over 104"):
        stream.batches(Steps(ROWS + 1, 10))


class Counting(Stream):
    """Numbers, counting how many have been read; it may fail at one of them."""

    def __init__(self, fails_at=None):
        self.n_read, self.closed_in, self.fails_at = 0, None, fails_at

    def __len__(self):
        return 100

    def read(self, spans, seed):
        try:
            for first, last in spans:
                if first == self.fails_at:
                    raise OSError("the disk is gone")
                self.n_read += 1
                yield list(range(first, last))
        finally:
            self.closed_in = threading.current_thread().name


def prefetch_threads():
    return [thread for thread in threading.enumerate() if thread.name == "netwright-prefetch"]


@pytest.mark.parametrize("ahead", [1, 2, 1000])
def test_prefetch_gives_the_same_and_leaves_no_thread(ahead):
    steps = Steps(100, 7)
    assert list(Prefetch(Counting(), ahead).batches(steps)) == list(Counting().batches(steps))
    assert not prefetch_threads()


def test_prefetch_reads_ahead_but_no_further_than_told():
    source = Counting()
    batches = Prefetch(source, ahead=3).batches(Steps(100, 5))
    next(batches)
    deadline = time.monotonic() + 5
    while source.n_read < 5 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert source.n_read == 5  # the one that was taken, three that wait, and one that is held for the queue
    batches.close()


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize("taken", [1, 5, 20])
def test_prefetch_ends_with_its_consumer(ahead, taken):
    source = Counting()
    batches = Prefetch(source, ahead).batches(Steps(100, 5))
    for _ in range(taken):
        next(batches)
    del batches
    assert not prefetch_threads()
    assert source.closed_in == "netwright-prefetch"


def test_prefetch_starts_nothing_before_the_first_batch_is_asked_for():
    batches = Prefetch(Counting()).batches(Steps(100, 5))
    assert not prefetch_threads()
    batches.close()


def test_what_goes_wrong_in_the_thread_reaches_the_consumer_in_its_place():
    batches = Prefetch(Counting(fails_at=10)).batches(Steps(100, 5))
    assert [next(batches), next(batches)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches)
    assert not prefetch_threads()


def test_prefetch_refuses_what_reads_ahead_by_itself():
    with pytest.raises(InputError, match="got a LoaderStream; leave Prefetch out"):
        Prefetch(LoaderStream(TensorDataset(torch.zeros(3))))
    with pytest.raises(InputError, match="ahead must be at least 1, got 0"):
        Prefetch(Counting(), ahead=0)
