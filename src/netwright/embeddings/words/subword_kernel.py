"""Compiled: skip-gram and CBOW whose words are means of their own vector and those of their n-grams."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.one_input_kernel import tell
from netwright.embeddings.words.windows import DYNAMIC, EVERY, FREE, LONGEST, next_sentence, rate_now, reach


@njit(nogil=True, fastmath=True, cache=True)
def compose(word: Any, vectors: Any, ngrams: Any, starts: Any, buckets: Any, h: Any) -> None:
    """Write the mean of a word's own vector and those of its n-grams to h."""
    width = len(h)
    row = vectors[word]
    for d in range(width):
        h[d] = row[d]
    for k in range(starts[word], starts[word + 1]):
        row = ngrams[buckets[k]]
        for d in range(width):
            h[d] += row[d]
    part = np.float32(1.0 / (1 + starts[word + 1] - starts[word]))
    for d in range(width):
        h[d] *= part


@njit(nogil=True, fastmath=True, cache=True)
def compose_all(vectors: Any, ngrams: Any, starts: Any, buckets: Any) -> Any:
    """The mean of each word's own vector and those of its n-grams."""
    out = np.empty_like(vectors)
    for word in range(len(vectors)):
        compose(word, vectors, ngrams, starts, buckets, out[word])
    return out


@njit(nogil=True, fastmath=True, cache=True)
def spread(word: Any, vectors: Any, ngrams: Any, starts: Any, buckets: Any, change: Any) -> None:
    """Add a change to a word's own vector and to those of its n-grams."""
    width = len(change)
    row = vectors[word]
    for d in range(width):
        row[d] += change[d]
    for k in range(starts[word], starts[word + 1]):
        row = ngrams[buckets[k]]
        for d in range(width):
            row[d] += change[d]


@njit(nogil=True, fastmath=True, cache=True)
def subword_skip_gram(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, ngrams: Any, starts: Any, buckets: Any, contexts: Any, keep: Any, thresholds: Any,
    aliases: Any, sigmoid: Any, window: int, negatives: int, rate: float, last_rate: float, total: int,
    want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from a part of a stream; returns (sum of losses, number of predictions)."""
    state = np.empty(1, np.uint64)
    state[0] = seed
    width = vectors.shape[1]
    words = np.empty(LONGEST, np.int32)
    h, change = np.empty(width, np.float32), np.empty(width, np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n):
            size = reach(state, window, DYNAMIC)
            first, last = max(0, i - size), min(n, i + size + 1)
            if last - first < 2:
                continue
            compose(words[i], vectors, ngrams, starts, buckets, h)
            change[:] = 0
            for j in range(first, last):
                if j != i:
                    loss += tell(
                        h, change, words[j], contexts, state, thresholds, aliases, sigmoid, negatives, step,
                        want_loss, FREE,
                    )  # fmt: skip
                    n_told += 1
            spread(words[i], vectors, ngrams, starts, buckets, change)
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
