"""Compiled: skip-gram and CBOW whose words are means of their own vector and those of their n-grams."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.windows import (
    DYNAMIC,
    EVERY,
    LONGEST,
    next_sentence,
    rate_now,
    reach,
    window_of,
)
from netwright.training.hogwild.tables import places, room_for, seeded
from netwright.training.hogwild.telling import (
    add_outer,
    add_rows,
    add_sum,
    add_to,
    ask_for,
    dots,
    draw_around,
    gather,
    to_changes,
)


@njit(nogil=True, fastmath=True, cache=True)
def compose(word: Any, vectors: Any, ngrams: Any, starts: Any, buckets: Any, h: Any) -> None:
    """Write the mean of a word's own vector and those of its n-grams to h."""
    width, n = len(h), 1 + starts[word + 1] - starts[word]
    for d in range(width):
        h[d] = vectors[word, d]
    add_sum(ngrams, buckets[starts[word] : starts[word + 1]], n - 1, width, h)
    part = np.float32(1.0 / n)
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
    add_to(vectors, word, np.float32(1), change, width)
    for k in range(starts[word], starts[word + 1]):
        add_to(ngrams, buckets[k], np.float32(1), change, width)


@njit(nogil=True, cache=True)
def _ask_for_parts(word: Any, ngrams: Any, starts: Any, buckets: Any, width: int) -> None:
    for k in range(starts[word], starts[word + 1]):
        ask_for(ngrams, buckets[k], width)


@njit(nogil=True, fastmath=True, cache=True)
def subword_skip_gram(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, ngrams: Any, starts: Any, buckets: Any, contexts: Any, keep: Any, thresholds: Any,
    aliases: Any, sigmoid: Any, window: int, negatives: int, rate: float, last_rate: float, total: int,
    want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from a part of a stream; returns (sum of losses, number of predictions)."""
    state = seeded(seed)
    width = vectors.shape[1]
    words, inside = places(LONGEST), places(2 * window)
    around, coming = places(negatives + 1), places(negatives)
    rows, g = room_for(negatives + 1, width), room_for(1, negatives + 1)
    h, change = room_for(1, width)[0], room_for(1, width)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    draw_around(0, coming, around, state, thresholds, aliases, contexts, width)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n if n > 1 else 0):
            n_in = window_of(words, i, reach(state, window, DYNAMIC), n, inside)
            compose(words[i], vectors, ngrams, starts, buckets, h)
            _ask_for_parts(words[min(i + 1, n - 1)], ngrams, starts, buckets, width)
            change[:] = 0
            for k in range(n_in):
                n_out = draw_around(inside[k], coming, around, state, thresholds, aliases, contexts, width)
                gather(contexts, around, n_out, width, rows)
                dots(h, rows, n_out, width, g)
                loss += to_changes(g, n_out, sigmoid, step, want_loss)
                add_rows(change, 0, g, 0, n_out, rows, width)
                add_outer(contexts, around, n_out, g, h, width)
            n_told += n_in
            spread(words[i], vectors, ngrams, starts, buckets, change[0])
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
