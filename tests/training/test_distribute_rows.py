import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.training.distribute import (
    World,
    cuts,
    part_factor,
    part_size,
    part_sizes,
    scale_rate,
    share_of,
)
from netwright.training.streams.stream import part_of


@pytest.mark.parametrize("n_rows", [3, 7, 41, 1001])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_parts_are_the_batch_differ_by_one_row_at_most_and_none_is_empty(n_rows, size):
    order = torch.randperm(n_rows)
    parts = [share_of(order, World(rank, size)) for rank in range(size)]
    assert torch.equal(torch.cat(parts), order)
    assert [len(part) for part in parts] == part_sizes(n_rows, World(0, size))
    assert [len(part) for part in parts] == [part_size(n_rows, World(rank, size)) for rank in range(size)]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert min(map(len, parts)) > 0


def test_the_parts_are_those_that_streams_give():
    for rank, size, n_rows in ((0, 2, 41), (1, 2, 41), (2, 3, 100)):
        first, last = part_of(0, n_rows, rank=rank, size=size)
        assert share_of(torch.arange(n_rows), World(rank, size)).tolist() == list(range(first, last))


def test_a_batch_with_fewer_rows_than_processes_is_refused():
    with pytest.raises(InputError, match=r"a row for each of 3 processes, got one of 2; take larger batches"):
        share_of(torch.arange(2), World(0, 3))


def test_weighted_gradients_of_unequal_parts_average_to_the_gradient_of_the_whole_batch():
    x, y = torch.randn(41, 3, dtype=torch.float64), torch.randn(41, 1, dtype=torch.float64)
    layer = nn.Linear(3, 1).double()

    def gradient(rows, factor=1.0):
        loss = nn.functional.mse_loss(layer(x[rows]), y[rows])
        return torch.autograd.grad(loss * factor, layer.weight)[0]

    worlds, rows = [World(rank, 3) for rank in range(3)], torch.arange(41)
    parts = [gradient(share_of(rows, world), part_factor(41, world)) for world in worlds]
    torch.testing.assert_close(sum(parts) / 3, gradient(rows), atol=1e-14, rtol=0)
    unweighted = [gradient(share_of(rows, world)) for world in worlds]
    assert not torch.allclose(sum(unweighted) / 3, gradient(rows), atol=1e-6)


@pytest.mark.parametrize(("n_rows", "at_once"), [(41, 20), (41, 1), (3, 1), (1001, 100), (7, 50)])
def test_every_process_cuts_its_part_into_as_many_pieces_none_of_them_empty(n_rows, at_once):
    worlds = [World(rank, 3) for rank in range(3)]
    (n,) = {cuts(n_rows, at_once, world) for world in worlds}
    for world in worlds:
        pieces = share_of(torch.arange(n_rows), world).tensor_split(n)
        assert all(0 < len(piece) <= at_once + 1 for piece in pieces)


def test_the_rate_grows_with_the_batch_as_in_the_paper():
    by_paper = {256: 0.1, 512: 0.2, 1024: 0.4, 8192: 3.2}
    assert {size: scale_rate(0.1, size, 256) for size in by_paper} == pytest.approx(by_paper)


def test_k_small_steps_go_where_one_step_with_k_times_the_rate_goes():
    slope = torch.tensor([1.0, -2.0])
    small = big = torch.zeros(2)
    for _ in range(8):
        small = small - 0.1 * slope
    big = big - scale_rate(0.1, batch_size=8 * 32, reference_batch_size=32) * slope
    torch.testing.assert_close(small, big)


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(InputError, match="reference_batch_size must be above zero, got 0"):
        scale_rate(0.1, 256, 0)
