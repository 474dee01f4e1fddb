import pytest
import torch

from netwright.core.errors import InputError
from netwright.data import SequenceSamples, smart_batches
from netwright.training import Batch, Objective, TensorSamples, Training
from netwright.training.samples import Rows


def log_normal(n_rows, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (0.7 * torch.randn(n_rows, generator=generator) + 3).exp().long() + 1


def padding(lengths, batches):
    """The share of steps that are not real."""
    steps = sum(int(lengths[rows].max()) * len(rows) for rows in batches)
    return 1 - int(lengths.sum()) / steps


def samples_of(lengths):
    values = torch.arange(len(lengths)).repeat_interleave(lengths)[:, None].float()
    return SequenceSamples(values, lengths)


class Watch(Objective):
    """Takes note of what the loop gives it."""

    def __init__(self):
        self.batches = []

    def loss(self, network, batch: Batch):
        if network.training:
            self.batches.append(batch)
        return network(batch.inputs.values).mean()

    def judge(self, network, batch: Batch):
        return self.loss(network, batch), batch.target


@pytest.mark.parametrize("n_rows", [1000, 2000])
def test_padding_falls_by_half_or_more_on_log_normal_lengths_and_each_row_comes_once(n_rows):
    lengths, generator = log_normal(n_rows), torch.Generator().manual_seed(0)
    batches = smart_batches(lengths, 32, generator=generator)
    plain = torch.randperm(n_rows, generator=generator).split(32)
    assert padding(lengths, batches) < 0.5 * padding(lengths, plain)
    assert torch.equal(torch.cat(batches).sort().values, torch.arange(n_rows))
    assert {len(batch) for batch in batches[:-1]} == {32}


def test_neither_the_order_of_lengths_nor_the_company_of_a_row_repeats():
    lengths, generator = log_normal(1000), torch.Generator().manual_seed(0)
    one, other = (smart_batches(lengths, 20, generator=generator) for _ in range(2))
    longest = torch.tensor([int(lengths[rows].max()) for rows in one])
    assert not torch.equal(longest, longest.sort().values)
    assert {frozenset(rows.tolist()) for rows in one}.isdisjoint(frozenset(rows.tolist()) for rows in other)


def test_the_loop_makes_such_batches_by_itself_and_sees_each_sequence_once_an_epoch():
    lengths = log_normal(400)
    watch, network = Watch(), torch.nn.Linear(1, 1)
    samples = TensorSamples(samples_of(lengths), torch.arange(400))
    Training(epochs=2, batch_size=16, validation=0.25).run(network, watch, samples)
    epochs = [watch.batches[:19], watch.batches[19:]]
    for batches in epochs:
        rows = [batch.target for batch in batches]
        assert len(torch.cat(rows).unique()) == len(torch.cat(rows)) == 300
        for batch in batches:
            assert torch.equal(batch.inputs.lengths, lengths[batch.target])
            assert torch.equal(batch.inputs.values[:, 0, 0].long(), batch.target)
        mine = lengths[torch.cat(rows)]
        places = torch.arange(300)
        plain = padding(mine, places[torch.randperm(300)].split(16))
        assert padding(mine, places.split(16)) < 0.5 * plain
    assert [b.target.tolist() for b in epochs[0]] != [b.target.tolist() for b in epochs[1]]


def test_sequences_of_one_length_and_samples_that_do_not_want_it_keep_their_order():
    equal = samples_of(torch.full((5,), 3))
    asked_not = SequenceSamples(torch.zeros(6, 1), torch.tensor([1, 2, 3]), smart=False)
    assert equal.step_counts(torch.arange(5)) is None
    assert asked_not.step_counts(torch.arange(3)) is None
    other = samples_of(torch.tensor([1, 2, 3]))
    part = Rows(TensorSamples(other, torch.zeros(3)), torch.tensor([2, 0]))
    assert part.step_counts(torch.tensor([1, 0])).tolist() == [1, 3]


def test_few_rows_and_a_bad_size():
    assert [rows.tolist() for rows in smart_batches(torch.tensor([4]), 8)] == [[0]]
    with pytest.raises(InputError, match="batch_size must be at least 1, got 0"):
        smart_batches(torch.tensor([4]), 0)
