"""The random streams of a run: seeded together, kept in checkpoints, and apart from the user's own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def isolated_streams(seed: int) -> Iterator[None]:
    """Seed the streams of torch, numpy and Python inside the block; the user's go on afterwards.

    Args:
        seed: from 0 to 2**63 - 1.

    Example:
        >>> before = random.getstate()
        >>> with isolated_streams(7):
        ...     _ = random.random()
        >>> random.getstate() == before
        True
    """
    python, numeric = random.getstate(), np.random.get_state()  # noqa: NPY002  (the user's own streams)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        random.setstate(random.Random(seed).getstate())  # noqa: S311  (the place of the stream, not a secret)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numeric)  # noqa: NPY002


def streams_state() -> dict[str, Any]:
    """Return where all streams stand, as plain values and tensors.

    Example:
        >>> state = streams_state()
        >>> first = random.random()
        >>> restore_streams(state)
        >>> random.random() == first
        True
    """
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    version, internal, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [
            name,
            torch.from_numpy(np.asarray(keys).astype(np.int64)),
            *(_plain(part) for part in rest),
        ],
        "python": [version, torch.tensor(internal, dtype=torch.int64), gauss],
    }


def restore_streams(state: dict[str, Any]) -> None:
    """Put all streams where they stood.

    Args:
        state: as `streams_state` gave it.

    Example:
        >>> restore_streams(streams_state())
    """
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal.tolist()), gauss))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
