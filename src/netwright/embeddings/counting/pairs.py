"""The pairs of words that all vectors by counting begin with."""

from scipy import sparse

from netwright.core.errors import InputError
from netwright.data import TokenStream, co_occurrences
from netwright.data.corpus.co_occurrence import Weighting


def counted_pairs(
    stream: TokenStream, n_words: int, *, window: int, weighting: Weighting, n_threads: int
) -> sparse.csr_array:
    """Return `co_occurrences`, of which there must be some.

    Args:
        stream: sentences as numbers of words.
        n_words: of the vocabulary.
        window: words to each side.
        weighting: what a pair at a distance counts.
        n_threads: that count.

    Raises:
        InputError: when no two words stand together.

    Example:
        >>> import numpy as np
        >>> stream = TokenStream(np.array([0, -1, 0, -1], np.int32))
        >>> counted_pairs(stream, 1, window=5, weighting="flat", n_threads=1)
        Traceback (most recent call last):
        netwright.core.errors.InputError: the corpus must have words that stand together, got none; ...
    """
    counts = co_occurrences(stream, n_words, window=window, weighting=weighting, n_threads=n_threads)
    if not counts.nnz:
        raise InputError(
            "the corpus must have words that stand together", "none", "is each text a single word?"
        )
    return counts
