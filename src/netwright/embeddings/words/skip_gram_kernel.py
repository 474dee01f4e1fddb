"""Compiled: skip-gram with negative sampling, a window at a time as small matrix products."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.windows import EVERY, LONGEST, next_sentence, rate_now, reach, window_of
from netwright.training.hogwild.tables import look_up, places, room_for, seeded
from netwright.training.hogwild.telling import add_rows, ask_for, draw_around, gather, tell_by_tree


@njit(nogil=True, fastmath=True, cache=True)
def _products(a: Any, n_a: int, b: Any, n_b: int, width: int, out: Any) -> None:
    """Write a[i] . b[j] to out[i, j], in blocks of 2 x 3, so that what is read is used more than once."""
    i = 0
    while i < n_a:
        pair = i + 1 < n_a
        i1 = i + 1 if pair else i
        j = 0
        while j + 2 < n_b:
            s00 = s01 = s02 = s10 = s11 = s12 = np.float32(0)
            for d in range(width):
                s00 += a[i, d] * b[j, d]
                s01 += a[i, d] * b[j + 1, d]
                s02 += a[i, d] * b[j + 2, d]
                s10 += a[i1, d] * b[j, d]
                s11 += a[i1, d] * b[j + 1, d]
                s12 += a[i1, d] * b[j + 2, d]
            out[i, j], out[i, j + 1], out[i, j + 2] = s00, s01, s02
            if pair:
                out[i + 1, j], out[i + 1, j + 1], out[i + 1, j + 2] = s10, s11, s12
            j += 3
        while j < n_b:
            s00 = s10 = np.float32(0)
            for d in range(width):
                s00 += a[i, d] * b[j, d]
                s10 += a[i1, d] * b[j, d]
            out[i, j] = s00
            if pair:
                out[i + 1, j] = s10
            j += 1
        i += 2


@njit(nogil=True, fastmath=True, cache=True)
def _changes(g: Any, g_t: Any, n_in: int, n_out: int, sigmoid: Any, step: Any, want_loss: bool) -> Any:
    """From products to what each vector is moved by, both ways round; returns the loss."""
    loss = 0.0
    for k in range(n_in):
        for m in range(n_out):
            x = g[k, m]
            if want_loss:
                loss += look_up(sigmoid, x if m == 0 else -x, 1)
            change = (np.float32(1.0 if m == 0 else 0.0) - look_up(sigmoid, x, 0)) * step
            g[k, m] = change
            g_t[m, k] = change
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def skip_gram(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, contexts: Any, keep: Any, thresholds: Any, aliases: Any, sigmoid: Any,
    window: int, dynamic: bool, negatives: int, rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from a part of a stream; returns (sum of losses, number of predictions)."""
    state = seeded(seed)
    width = vectors.shape[1]
    words, inside = places(LONGEST), places(2 * window)
    around, coming = places(negatives + 1), places(negatives)
    a, b = room_for(2 * window, width), room_for(negatives + 1, width)
    g, g_t = room_for(2 * window + 1, negatives + 3), room_for(negatives + 1, 2 * window)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    draw_around(0, coming, around, state, thresholds, aliases, contexts, width)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n if n > 1 else 0):
            n_in = window_of(words, i, reach(state, window, dynamic), n, inside)
            n_out = draw_around(words[i], coming, around, state, thresholds, aliases, contexts, width)
            if i + window + 1 < n:
                ask_for(vectors, words[i + window + 1], width)
            gather(vectors, inside, n_in, width, a)
            gather(contexts, around, n_out, width, b)
            _products(a, n_in, b, n_out, width, g)
            loss += _changes(g, g_t, n_in, n_out, sigmoid, step, want_loss)
            n_told += n_in
            for k in range(n_in):
                add_rows(vectors, inside[k], g, k, n_out, b, width)
            for m in range(n_out):
                add_rows(contexts, around[m], g_t, m, n_in, a, width)
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told


@njit(nogil=True, fastmath=True, cache=True)
def skip_gram_by_tree(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, nodes: Any, keep: Any, starts: Any, path: Any, turns: Any, sigmoid: Any,
    window: int, dynamic: bool, rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """As `skip_gram`, and words are told along their paths in a tree."""
    state = seeded(seed)
    words = places(LONGEST)
    change = np.empty(vectors.shape[1], np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n):
            size = reach(state, window, dynamic)
            for j in range(max(0, i - size), min(n, i + size + 1)):
                if j != i:
                    h = vectors[words[j]]
                    change[:] = 0
                    loss += tell_by_tree(
                        h, change, words[i], nodes, starts, path, turns, sigmoid, step, want_loss
                    )
                    for d in range(len(h)):
                        h[d] += change[d]
                    n_told += 1
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
