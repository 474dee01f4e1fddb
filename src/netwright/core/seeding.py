"""Random numbers that repeat, and that leave the user's own streams where they were."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def isolated_seed(seed: int) -> Iterator[None]:
    """Seed torch inside the block; afterwards the user's streams go on as if nothing had happened.

    Args:
        seed: from 0 to 2**63 - 1.

    Example:
        >>> before = torch.random.get_rng_state()
        >>> with isolated_seed(7):
        ...     _ = torch.rand(3)
        >>> torch.equal(before, torch.random.get_rng_state())
        True
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
