"""How often two words come near each other, counted in compiled code and in bounded memory."""

import itertools
import math
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from netwright.core.errors import InputError
from netwright.data.corpus.encoding import TokenStream
from netwright.data.corpus.pair_table import PairTable, SortedRuns

Weighting = Literal["harmonic", "flat", "linear"]
"""What a pair at distance d counts: 1/d, 1, or (window - d + 1) / window."""
EXACT = 20
"""The widest window whose fractions 1/d have a common denominator that leaves room for sums."""


def co_occurrences(
    stream: TokenStream,
    n_words: int,
    *,
    window: int = 5,
    weighting: Weighting = "harmonic",
    memory: int = 1 << 28,
    n_threads: int = 1,
) -> sparse.csr_array:
    """Return how often words come within a window of each other, as a symmetric sparse matrix.

    Use it below whatever factorises such counts. Pairs are gathered in tables of a fixed size; a full table
    is sorted and goes to a temporary file, and the sorted runs are merged at the end. Counts are kept as
    whole multiples of a common fraction, so that neither the number of threads nor the memory changes a bit.

        X[i, j] = sum over all places of i and j in one sentence, d = 1 ... window apart, of w(d)

    Args:
        stream: sentences as numbers of words; no pair reaches beyond its sentence.
        n_words: of the vocabulary.
        window: words to each side.
        weighting: "harmonic" is w(d) = 1/d, as GloVe has it; "flat" is 1; "linear" is
            (window - d + 1) / window, what a window of random width comes to on average.
        memory: bytes of all tables; the matrix that is returned comes on top.
        n_threads: the stream is cut into as many parts.

    Raises:
        InputError: when a setting is out of its range, or the stream holds other words.

    Example:
        >>> co_occurrences(TokenStream(np.array([0, 1, 0, -1, 1, -1], np.int32)), 2, window=2).toarray()
        array([[1., 2.],
               [2., 0.]])

    Source:
        Pennington, Socher and Manning (2014), "GloVe: Global Vectors for Word Representation",
        doi:10.3115/v1/D14-1162.
    """
    _check(stream, n_words, window, n_threads)
    scale, weights = _fractions(window, weighting)
    cuts = stream.cuts(n_threads)
    parts = list(itertools.pairwise(cuts))

    def count(part: tuple[int, int]) -> None:
        table = PairTable(memory // len(parts), (part[1] - part[0]) * window, window)
        table.count(stream.ids, part, n_words, weights, runs)

    with tempfile.TemporaryFile(suffix=".pairs") as file, ThreadPoolExecutor(len(parts)) as threads:
        runs = SortedRuns(file)
        list(threads.map(count, parts))  # so that what a thread raises is raised here
        pairs = runs.merged()
    return _symmetric(pairs, n_words, scale)


def _check(stream: TokenStream, n_words: int, window: int, n_threads: int) -> None:
    for name, value in (("window", window), ("n_threads", n_threads)):
        if value < 1:
            raise InputError(f"{name} must be 1 or more", str(value), "give a positive number")
    most = int(stream.ids.max(initial=-1))
    if most >= n_words:
        raise InputError(
            "n_words must be above every number of the stream",
            f"{n_words} for a stream with {most}",
            "give the length of the vocabulary it was encoded with",
        )


def _fractions(window: int, weighting: str) -> tuple[int, NDArray[np.int64]]:
    """A denominator, and what a pair at distances 1, 2, ... counts in such parts."""
    distances = range(1, window + 1)
    if weighting == "flat":
        return 1, np.ones(window, np.int64)
    if weighting == "linear":
        return window, np.array([window - d + 1 for d in distances], np.int64)
    if weighting != "harmonic":
        raise InputError("weighting must be 'harmonic', 'flat' or 'linear'", repr(weighting), "choose one")
    scale = math.lcm(*distances) if window <= EXACT else 1 << 32
    return scale, np.array([round(scale / d) for d in distances], np.int64)


def _symmetric(pairs: NDArray[np.int64], n_words: int, scale: int) -> sparse.csr_array:
    """Both halves of a matrix, from the sorted keys of its upper half."""
    rows, columns = np.divmod(pairs[:, 0], n_words)
    starts = np.searchsorted(rows, np.arange(n_words + 1))
    values = pairs[:, 1] / scale
    upper = sparse.csr_array((values, columns.astype(np.int32), starts), shape=(n_words, n_words))
    return sparse.csr_array(upper + upper.T)
