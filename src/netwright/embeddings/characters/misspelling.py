"""Slips of the pen, made of texts that have none."""

import numpy as np
from numpy.typing import NDArray

from netwright.embeddings.characters.alphabet import N_MARKS, PADDING

INSERTED, LEFT_OUT, WRONG, SWAPPED = range(4)


def misspell(
    rows: NDArray[np.int64], n_slips: NDArray[np.int64], n_characters: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return texts with slips: a character too much, one left out, a wrong one, or two that are swapped.

    Args:
        rows: (texts, time), numbers of characters with zeros behind.
        n_slips: how many in each text; one without characters stays as it is.
        n_characters: of the alphabet, from which wrong ones are drawn.
        generator: draws kinds and places.

    Example:
        >>> rows = np.array([[6, 7, 8], [6, 0, 0]])
        >>> misspell(rows, np.array([1, 0]), 20, np.random.default_rng(0)).tolist()
        [[7, 6, 8], [6, 0, 0]]

    Source:
        Damerau (1964), "A technique for computer detection and correction of spelling errors",
        doi:10.1145/363958.363994 (the four kinds).
    """
    lengths = (rows != PADDING).sum(1)
    spelt = np.pad(rows, ((0, 0), (0, int(n_slips.max(initial=0)))))
    for slip in range(int(n_slips.max(initial=0))):
        spelt, lengths = _slip(spelt, lengths, (n_slips > slip) & (lengths > 0), n_characters, generator)
    return spelt[:, : max(1, int(lengths.max(initial=1)))]


def _slip(
    rows: NDArray[np.int64],
    lengths: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    n_characters: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One slip in each text that is wanted."""
    n, places = len(rows), np.arange(rows.shape[1])
    kind = generator.integers(4, size=n)
    kind = np.where((lengths < 2) & np.isin(kind, (LEFT_OUT, SWAPPED)), WRONG, kind)
    room = lengths + (kind == INSERTED) - (kind == SWAPPED)
    at = np.minimum((generator.random(n) * room).astype(np.int64), np.maximum(room - 1, 0))[:, None]
    drawn = generator.integers(N_MARKS, max(n_characters, N_MARKS + 1), size=n)
    kinds = kind[:, None]
    source = places - ((kinds == INSERTED) & (places > at)) + ((kinds == LEFT_OUT) & (places >= at))
    source = source + ((kinds == SWAPPED) & (places == at)) - ((kinds == SWAPPED) & (places == at + 1))
    spelt = np.take_along_axis(rows, np.clip(source, 0, rows.shape[1] - 1), 1)
    new = (places == at) & ((kinds == INSERTED) | (kinds == WRONG))
    spelt = np.where(new, drawn[:, None], spelt)
    after = lengths + (kind == INSERTED) - (kind == LEFT_OUT)
    spelt = np.where(places < after[:, None], spelt, PADDING)
    return np.where(wanted[:, None], spelt, rows), np.where(wanted, after, lengths)
