"""Compiled: one vector tells a word, from drawn ones or along its path in a tree."""

from typing import Any

import numpy as np
from numba import njit

from netwright.training.hogwild.prefetching import prefetch
from netwright.training.hogwild.tables import draw, look_up, next_random

LINE = 16
"""Numbers in a line of the cache."""


@njit(nogil=True, fastmath=True, cache=True)
def dot(one: Any, other: Any) -> Any:
    """Inner product of two vectors of 32 bits."""
    x = np.float32(0)
    for d in range(len(one)):
        x += one[d] * other[d]
    return x


@njit(nogil=True, fastmath=True, cache=True)
def add(to: Any, g: Any, other: Any) -> None:
    """Add g * other to `to`."""
    for d in range(len(to)):
        to[d] += g * other[d]


@njit(nogil=True, fastmath=True, cache=True)
def tell(
    h: Any, change: Any, word: Any, contexts: Any, state: Any, thresholds: Any, aliases: Any, sigmoid: Any,
    negatives: int, step: Any, want_loss: bool, frozen: bool,
) -> Any:  # fmt: skip
    """One word is told from drawn ones by `h`, whose change is added to `change`; returns the loss.

    The output vectors move at once, or stay as they are where they are frozen.
    """
    loss = np.float32(0)
    for k in range(negatives + 1):
        other = np.int64(word) if k == 0 else draw(next_random(state), thresholds, aliases)
        if k > 0 and other == word:
            continue
        row = contexts[other]
        x = dot(h, row)
        if want_loss:
            loss += look_up(sigmoid, x if k == 0 else -x, 1)
        g = (np.float32(1.0 if k == 0 else 0.0) - look_up(sigmoid, x, 0)) * step
        add(change, g, row)
        if not frozen:
            add(row, g, h)
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def tell_by_tree(
    h: Any, change: Any, word: Any, nodes: Any, starts: Any, path: Any, turns: Any, sigmoid: Any, step: Any,
    want_loss: bool,
) -> Any:  # fmt: skip
    """One word is told along its path in a tree; the rest as in `tell`."""
    loss = np.float32(0)
    for k in range(starts[word], starts[word + 1]):
        row = nodes[path[k]]
        x = dot(h, row)
        if want_loss:
            loss += look_up(sigmoid, x if turns[k] == 0 else -x, 1)
        g = (np.float32(1 - turns[k]) - look_up(sigmoid, x, 0)) * step
        add(change, g, row)
        add(row, g, h)
    return loss


@njit(nogil=True, cache=True)
def ask_for(table: Any, row: int, width: int) -> None:
    """Have a row of a table brought near while other work goes on."""
    for column in range(0, width, LINE):
        prefetch(table, row, column)  # type: ignore[call-arg]


@njit(nogil=True, cache=True)
def draw_around(
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
        ask_for(contexts, coming[k], width)
    return n_out


@njit(nogil=True, fastmath=True, cache=True)
def add_to(table: Any, row: Any, g: Any, h: Any, width: int) -> None:
    """table[row] += g * h. A view of a row would count its owners, where threads wait for one another."""
    for d in range(width):
        table[row, d] += g * h[d]


@njit(nogil=True, fastmath=True, cache=True)
def add_rows(table: Any, row: Any, g: Any, i: int, n: int, rows: Any, width: int) -> None:
    """table[row] += sum over k of g[i, k] * rows[k]."""
    k = 0
    while k + 5 < n:
        g0, g1, g2, g3, g4, g5 = g[i, k], g[i, k + 1], g[i, k + 2], g[i, k + 3], g[i, k + 4], g[i, k + 5]
        for d in range(width):
            table[row, d] += (
                g0 * rows[k, d]
                + g1 * rows[k + 1, d]
                + g2 * rows[k + 2, d]
                + g3 * rows[k + 3, d]
                + g4 * rows[k + 4, d]
                + g5 * rows[k + 5, d]
            )
        k += 6
    while k + 1 < n:
        g0, g1 = g[i, k], g[i, k + 1]
        for d in range(width):
            table[row, d] += g0 * rows[k, d] + g1 * rows[k + 1, d]
        k += 2
    while k < n:
        g0 = g[i, k]
        for d in range(width):
            table[row, d] += g0 * rows[k, d]
        k += 1


@njit(nogil=True, fastmath=True, cache=True)
def gather(table: Any, rows: Any, n: int, width: int, out: Any) -> None:
    """Copy rows of a table to the first n of `out`."""
    for k in range(n):
        row = rows[k]
        for d in range(width):
            out[k, d] = table[row, d]


@njit(nogil=True, fastmath=True, cache=True)
def add_sum(table: Any, rows: Any, n: int, width: int, h: Any) -> None:
    """Add n rows of a table to h."""
    k = 0
    while k + 3 < n:
        a, b, c, e = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        for d in range(width):
            h[d] += (table[a, d] + table[b, d]) + (table[c, d] + table[e, d])
        k += 4
    while k < n:
        a = rows[k]
        for d in range(width):
            h[d] += table[a, d]
        k += 1


@njit(nogil=True, fastmath=True, cache=True)
def mean_rows(table: Any, rows: Any, n: int, width: int, h: Any) -> None:
    """Write the mean of n rows of a table to h."""
    for d in range(width):
        h[d] = 0
    add_sum(table, rows, n, width, h)
    part = np.float32(1.0 / n)
    for d in range(width):
        h[d] *= part


@njit(nogil=True, fastmath=True, cache=True)
def add_to_all(table: Any, rows: Any, n: int, g: Any, h: Any, width: int) -> None:
    """Add g * h to n rows of a table."""
    for k in range(n):
        add_to(table, rows[k], g, h, width)


@njit(nogil=True, fastmath=True, cache=True)
def add_outer(table: Any, rows: Any, n: int, g: Any, h: Any, width: int) -> None:
    """Add g[0, k] * h to each of n rows of a table."""
    for k in range(n):
        add_to(table, rows[k], g[0, k], h, width)


@njit(nogil=True, fastmath=True, cache=True)
def dots(h: Any, rows: Any, n: int, width: int, out: Any) -> None:
    """Write the inner product of h and each of n rows to out (1, n)."""
    k = 0
    while k + 2 < n:
        s0 = s1 = s2 = np.float32(0)
        for d in range(width):
            s0 += h[d] * rows[k, d]
            s1 += h[d] * rows[k + 1, d]
            s2 += h[d] * rows[k + 2, d]
        out[0, k], out[0, k + 1], out[0, k + 2] = s0, s1, s2
        k += 3
    while k < n:
        s0 = np.float32(0)
        for d in range(width):
            s0 += h[d] * rows[k, d]
        out[0, k] = s0
        k += 1


@njit(nogil=True, fastmath=True, cache=True)
def to_changes(g: Any, n: int, sigmoid: Any, step: Any, want_loss: bool) -> Any:
    """From products g (1, n), the first of which is the right one, to moves; returns the loss."""
    loss = np.float32(0)
    for k in range(n):
        x = g[0, k]
        if want_loss:
            loss += look_up(sigmoid, x if k == 0 else -x, 1)
        g[0, k] = (np.float32(1.0 if k == 0 else 0.0) - look_up(sigmoid, x, 0)) * step
    return loss
