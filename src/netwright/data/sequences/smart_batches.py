"""Smart batching: sequences of like lengths come into one batch, so that little is padded."""

from itertools import pairwise

import torch
from jaxtyping import Int64
from torch import Tensor

from netwright.core.errors import InputError

MOST_POOLS, SMALLEST_POOL, LARGEST_POOL = 4, 8, 50
"""An epoch is cut into at most so many pools of batches, where that leaves a pool from 8 to 50 batches."""


def smart_batches(
    lengths: Int64[Tensor, " rows"], batch_size: int, *, generator: torch.Generator | None = None
) -> list[Int64[Tensor, " batch"]]:
    """Return the batches of one epoch, each of rows of like lengths, in an order that is still random.

    Use it in a loop of your own, or as the `batch_sampler` of a DataLoader; `Training` does the same by
    itself for `SequenceSamples`. All rows are permuted and cut into pools of some 50 batches; within a pool
    they are sorted by length and cut into batches, and then the batches are permuted, so that neither the
    order of lengths nor the company of a row repeats. Each row comes once.

    Args:
        lengths: of each row.
        batch_size: rows of a batch; the last one may be shorter.
        generator: draws the order.

    Raises:
        InputError: when batch_size is below 1.

    Example:
        >>> lengths = torch.tensor([3, 90, 4, 88, 5, 91])
        >>> batches = smart_batches(lengths, 3, generator=torch.Generator().manual_seed(0))
        >>> sorted(sorted(lengths[batch].tolist()) for batch in batches)
        [[3, 4, 5], [88, 90, 91]]

    Source:
        Wolf et al. (2019), "HuggingFace's Transformers: State-of-the-art Natural Language Processing",
        arXiv:1910.03771: its sampler of `group_by_length`.
        Differs: batches are permuted, and the longest does not come first.
    """
    if batch_size < 1:
        raise InputError("batch_size must be at least 1", str(batch_size), "32 is usual")
    order = torch.randperm(len(lengths), generator=generator)
    ends = [*range(batch_size, len(lengths), batch_size), len(lengths)]
    order = smart_order(order, lengths[order], ends, generator)
    return [order[start:end] for start, end in pairwise([0, *ends])]


def smart_order(
    order: Int64[Tensor, " rows"],
    lengths: Int64[Tensor, " rows"],
    ends: list[int],
    generator: torch.Generator | None,
) -> Int64[Tensor, " rows"]:
    """Return rows in an order whose batches hold like lengths.

    Args:
        order: a permutation of the rows, drawn at random.
        lengths: of these rows, in that order.
        ends: of the batches; the last one may have another size than the others.
        generator: draws which batch comes when.

    Example:
        >>> order, lengths = torch.tensor([2, 0, 1, 3]), torch.tensor([9, 1, 8, 2])
        >>> smart_order(order, lengths, [2, 4], torch.Generator().manual_seed(1))
        tensor([0, 3, 1, 2])
    """
    if len(ends) < 2:
        return order
    size, n_batches = ends[0], len(ends)
    pool = size * min(max(n_batches // MOST_POOLS, SMALLEST_POOL), LARGEST_POOL)
    key = torch.arange(len(order)) // pool * (int(lengths.max()) + 1) + lengths
    order = order[torch.argsort(key, stable=True)]
    n_full = n_batches if ends[-1] == n_batches * size else n_batches - 1
    full = order[: n_full * size].view(n_full, size)
    shuffled = full[torch.randperm(n_full, generator=generator)]
    return torch.cat([shuffled.flatten(), order[n_full * size :]])
