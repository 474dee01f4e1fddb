"""Smart batching: sequences of like lengths come into one batch, so that little is padded."""

from itertools import pairwise

import torch
from jaxtyping import Int64
from torch import Tensor

from netwright.core.errors import InputError

JITTER = 0.1
"""By how much of itself a length is lengthened at random before lengths are sorted."""


def smart_batches(
    lengths: Int64[Tensor, " rows"], batch_size: int, *, generator: torch.Generator | None = None
) -> list[Int64[Tensor, " batch"]]:
    """Return the batches of one epoch, each of rows of like lengths, in an order that is still random.

    Use it in a loop of your own, or as the `batch_sampler` of a DataLoader; `Training` does the same by
    itself for `SequenceSamples`. Rows are sorted by their length times a factor that is drawn anew, and cut
    into batches, which are permuted: neither the order of lengths nor the company of a row repeats. Each row
    comes once.

        key_i = length_i (1 + 0.1 u_i),   u_i uniform from 0 to 1

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
        Differs: all rows are sorted with chance in the keys, instead of pools of rows without, which leaves
        less padding where a few rows are very long; and the longest batch does not come first.
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
        >>> found = smart_order(order, lengths, [2, 4], torch.Generator().manual_seed(0))
        >>> sorted(sorted(rows) for rows in found.view(2, 2).tolist())
        [[0, 3], [1, 2]]
    """
    if len(ends) < 2:
        return order
    size, n_batches = ends[0], len(ends)
    key = lengths * (1 + JITTER * torch.rand(len(lengths), generator=generator))
    order = order[torch.argsort(key, stable=True)]
    n_full = n_batches if ends[-1] == n_batches * size else n_batches - 1
    first = int(torch.randint(n_full + 1, (), generator=generator)) * size  # of the batch of another size
    odd = order[first : first + len(order) - n_full * size]
    full = torch.cat([order[:first], order[first + len(odd) :]]).view(n_full, size)
    return torch.cat([full[torch.randperm(n_full, generator=generator)].flatten(), odd])
