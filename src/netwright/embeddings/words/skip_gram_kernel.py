"""Compiled: skip-gram with negative sampling, a window at a time as small matrix products."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.one_input_kernel import tell_by_tree
from netwright.embeddings.words.windows import EVERY, LONGEST, next_sentence, rate_now, reach
from netwright.training.hogwild.prefetching import prefetch
from netwright.training.hogwild.tables import draw, look_up, next_random

LINE = 16
"""Numbers in a line of the cache."""


@njit(nogil=True, fastmath=True, cache=True)
def _products(a: Any, n_a: int, b: Any, n_b: int, width: int, out: Any) -> None:
    """Write a[i] . b[j] to out[i, j], in blocks of 2 x 3, so that what is read is used more than once."""
    i = 0
    while i < n_a:
        pair = i + 1 < n_a
        a0, a1 = a[i], a[i + 1] if pair else a[i]
        j = 0
        while j + 2 < n_b:
            b0, b1, b2 = b[j], b[j + 1], b[j + 2]
            s00 = s01 = s02 = s10 = s11 = s12 = np.float32(0)
            for d in range(width):
                s00 += a0[d] * b0[d]
                s01 += a0[d] * b1[d]
                s02 += a0[d] * b2[d]
                s10 += a1[d] * b0[d]
                s11 += a1[d] * b1[d]
                s12 += a1[d] * b2[d]
            out[i, j], out[i, j + 1], out[i, j + 2] = s00, s01, s02
            if pair:
                out[i + 1, j], out[i + 1, j + 1], out[i + 1, j + 2] = s10, s11, s12
            j += 3
        while j < n_b:
            b0 = b[j]
            s00 = s10 = np.float32(0)
            for d in range(width):
                s00 += a0[d] * b0[d]
                s10 += a1[d] * b0[d]
            out[i, j] = s00
            if pair:
                out[i + 1, j] = s10
            j += 1
        i += 2


@njit(nogil=True, fastmath=True, cache=True)
def _add_rows(table: Any, row: int, g: Any, n: int, rows: Any, width: int) -> None:
    """table[row] += sum over k of g[k] * rows[k]."""
    out = table[row]
    k = 0
    while k + 5 < n:
        g0, g1, g2, g3, g4, g5 = g[k], g[k + 1], g[k + 2], g[k + 3], g[k + 4], g[k + 5]
        r0, r1, r2, r3, r4, r5 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3], rows[k + 4], rows[k + 5]
        for d in range(width):
            out[d] += g0 * r0[d] + g1 * r1[d] + g2 * r2[d] + g3 * r3[d] + g4 * r4[d] + g5 * r5[d]
        k += 6
    while k + 1 < n:
        g0, g1, r0, r1 = g[k], g[k + 1], rows[k], rows[k + 1]
        for d in range(width):
            out[d] += g0 * r0[d] + g1 * r1[d]
        k += 2
    while k < n:
        g0, r0 = g[k], rows[k]
        for d in range(width):
            out[d] += g0 * r0[d]
        k += 1


@njit(nogil=True, cache=True)
def _ask_for(table: Any, row: int, width: int) -> None:
    for column in range(0, width, LINE):
        prefetch(table, row, column)  # type: ignore[call-arg]


@njit(nogil=True, cache=True)
def _inside(words: Any, i: int, size: int, n: int, inside: Any) -> int:
    """Write the words of a window, without the one in its middle; returns how many."""
    n_in = 0
    for j in range(max(0, i - size), min(n, i + size + 1)):
        if j != i:
            inside[n_in] = words[j]
            n_in += 1
    return n_in


@njit(nogil=True, cache=True)
def _around(
    word: int, coming: Any, around: Any, state: Any, thresholds: Any, aliases: Any, contexts: Any, width: int
) -> int:
    """Write the word and those drawn for it; returns how many. The next are drawn, and asked for."""
    around[0] = word
    n_out = 1
    for k in range(len(coming)):
        if coming[k] != word:
            around[n_out] = coming[k]
            n_out += 1
        coming[k] = draw(next_random(state), thresholds, aliases)
        _ask_for(contexts, coming[k], width)
    return n_out


@njit(nogil=True, fastmath=True, cache=True)
def _gather(table: Any, rows: Any, n: int, width: int, out: Any) -> None:
    for k in range(n):
        row, copy = table[rows[k]], out[k]
        for d in range(width):
            copy[d] = row[d]


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
    state = np.empty(1, np.uint64)
    state[0] = seed
    width = vectors.shape[1]
    words, inside = np.empty(LONGEST, np.int32), np.empty(2 * window, np.int32)
    around, coming = np.empty(negatives + 1, np.int32), np.empty(negatives, np.int32)
    a, b = np.empty((2 * window, width), np.float32), np.empty((negatives + 1, width), np.float32)
    g, g_t = (
        np.empty((2 * window + 1, negatives + 3), np.float32),
        np.empty((negatives + 1, 2 * window), np.float32),
    )
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    _around(0, coming, around, state, thresholds, aliases, contexts, width)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n if n > 1 else 0):
            n_in = _inside(words, i, reach(state, window, dynamic), n, inside)
            n_out = _around(words[i], coming, around, state, thresholds, aliases, contexts, width)
            if i + window + 1 < n:
                _ask_for(vectors, words[i + window + 1], width)
            _gather(vectors, inside, n_in, width, a)
            _gather(contexts, around, n_out, width, b)
            _products(a, n_in, b, n_out, width, g)
            loss += _changes(g, g_t, n_in, n_out, sigmoid, step, want_loss)
            n_told += n_in
            for k in range(n_in):
                _add_rows(vectors, inside[k], g[k], n_out, b, width)
            for m in range(n_out):
                _add_rows(contexts, around[m], g_t[m], n_in, a, width)
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told


@njit(nogil=True, fastmath=True, cache=True)
def skip_gram_by_tree(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, nodes: Any, keep: Any, starts: Any, path: Any, turns: Any, sigmoid: Any,
    window: int, dynamic: bool, rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """As `skip_gram`, and words are told along their paths in a tree."""
    state = np.empty(1, np.uint64)
    state[0] = seed
    words = np.empty(LONGEST, np.int32)
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
