"""Which rows of a batch each process takes, and how much its gradient counts."""

import math

from torch import Tensor

from netwright.core.errors import InputError
from netwright.training.distribute.world import World
from netwright.training.streams.stream import part_of


def share_of(rows: Tensor, world: World) -> Tensor:
    """Return the part of one batch that this process takes.

    The parts follow each other, differ by one row at most, are never empty, and together are the batch: every
    process draws the same order and takes its part of it.

    Args:
        rows: numbers of the rows of the batch, the same in every process.
        world: the processes.

    Raises:
        InputError: when there are fewer rows than processes.

    Example:
        >>> import torch
        >>> [share_of(torch.arange(5), World(rank, 2)).tolist() for rank in (0, 1)]
        [[0, 1], [2, 3, 4]]
    """
    if world.size == 1:
        return rows
    return rows[slice(*part_of(0, len(rows), rank=world.rank, size=world.size))]


def part_size(n_rows: int, world: World) -> int:
    """Return how many rows of a batch this process takes.

    Args:
        n_rows: in the batch.
        world: the processes.

    Raises:
        InputError: when there are fewer rows than processes.

    Example:
        >>> part_size(41, World(rank=1, size=2))
        21
    """
    return part_sizes(n_rows, world)[world.rank]


def part_sizes(n_rows: int, world: World) -> list[int]:
    """Return how many rows of a batch each process takes.

    Args:
        n_rows: in the batch.
        world: the processes.

    Raises:
        InputError: when there are fewer rows than processes.

    Example:
        >>> part_sizes(41, World(size=2))
        [20, 21]
    """
    spans = [part_of(0, n_rows, rank=rank, size=world.size) for rank in range(world.size)]
    return [last - first for first, last in spans]


def part_factor(n_rows: int, world: World) -> float:
    """Return the factor on this process's mean loss that makes the mean of all gradients the batch's own.

    Processes average their gradients, each of which is a mean over n_r rows; with parts of unequal size that
    average is not the mean over the batch unless each is weighted:

        1/N sum_i g_i = 1/R sum_r (n_r R / N) mean_r(g)

    Args:
        n_rows: N, rows in the batch.
        world: the processes; R is their number.

    Raises:
        InputError: when there are fewer rows than processes.

    Example:
        >>> [round(part_factor(41, World(rank, 2)), 4) for rank in (0, 1)]
        [0.9756, 1.0244]
    """
    return 1.0 if world.size == 1 else part_size(n_rows, world) * world.size / n_rows


def cuts(n_rows: int, rows_at_once: int, world: World) -> int:
    """Return into how many pieces every process cuts its part so that about so many rows pass at once.

    It is the same number in every process, as the layers that meet (synchronised normalisation, sharded
    blocks) need: `Tensor.tensor_split` by it gives no empty piece.

    Args:
        n_rows: in the batch, over all processes.
        rows_at_once: per process; a piece may be one row longer.
        world: the processes.

    Raises:
        InputError: when there are fewer rows than processes.

    Example:
        >>> cuts(41, 10, World(size=2))
        2
    """
    return math.ceil(min(part_sizes(n_rows, world)) / rows_at_once)


def scale_rate(learning_rate: float, batch_size: int, reference_batch_size: int) -> float:
    """Return the learning rate for a batch of another size: k times the rows, k times the rate.

    Use it when more processes make the batch larger; `batch_size` is always that of all processes together.
    It holds up to some thousand rows, and wants a warm-up of a few epochs (`WarmupCosine`), in which the
    weights change too fast for it.

        rate = learning_rate * batch_size / reference_batch_size

    Args:
        learning_rate: which was good with the reference.
        batch_size: rows per step of all processes.
        reference_batch_size: rows per step at which the rate was found.

    Raises:
        InputError: when a number is not above zero.

    Example:
        >>> scale_rate(0.1, batch_size=8192, reference_batch_size=256)
        3.2

    Source:
        Goyal et al. (2017), "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", arXiv:1706.02677.
    """
    for name, value in (
        ("learning_rate", learning_rate),
        ("batch_size", batch_size),
        ("reference_batch_size", reference_batch_size),
    ):
        if not value > 0:
            raise InputError(f"{name} must be above zero", repr(value)[:40], "give a larger one")
    return learning_rate * batch_size / reference_batch_size
