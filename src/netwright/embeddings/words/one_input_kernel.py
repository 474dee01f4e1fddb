"""Compiled: one vector tells a word, from drawn ones or along its path in a tree."""

from typing import Any

import numpy as np
from numba import njit

from netwright.training.hogwild.tables import draw, look_up, next_random


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


@njit(nogil=True, fastmath=True, cache=True)
def add_window(vectors: Any, words: Any, first: int, middle: int, last: int, h: Any) -> None:
    """Add to h the vectors of words[first:last] without the one in the middle."""
    for j in range(first, last):
        if j != middle:
            add(h, np.float32(1), vectors[words[j]])


@njit(nogil=True, fastmath=True, cache=True)
def move_window(vectors: Any, words: Any, first: int, middle: int, last: int, part: Any, change: Any) -> None:
    """Add a part of a change to the vectors of words[first:last] without the one in the middle."""
    for j in range(first, last):
        if j != middle:
            add(vectors[words[j]], part, change)
