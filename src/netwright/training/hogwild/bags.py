"""Compiled: texts as bags of their words and of n-grams of words, which are hashed into buckets."""

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def ngram_buckets(words: Any, length: int, longest: int, n_words: int, buckets: int, out: Any) -> int:
    """Write the rows of a sentence's n-grams of 2 to `longest` words, behind those of the words; how many."""
    n = 0
    for i in range(length):
        code = np.uint64(words[i] + 1)
        for j in range(i + 1, min(length, i + longest)):
            code = (code * np.uint64(0x9E3779B97F4A7C15)) ^ np.uint64(words[j] + 1)
            code ^= code >> np.uint64(29)
            out[n] = n_words + np.int64(code % np.uint64(buckets))
            n += 1
    return n


@njit(nogil=True, cache=True)
def parts_of(
    stream: Any, ends: Any, longest: int, n_words: int, buckets: int, rows: Any, starts: Any
) -> None:
    """Write the rows of the words and n-grams of all sentences, and where those of each begin."""
    at = n = 0
    for sentence in range(len(ends)):
        words = stream[at : ends[sentence]]
        rows[n : n + len(words)] = words
        n += len(words)
        n += ngram_buckets(words, len(words), longest, n_words, buckets, rows[n:])
        at = ends[sentence] + 1
        starts[sentence + 1] = n
