"""Compiled: one vector foretells words, each told from drawn ones; CBOW and paragraph vectors stand on it."""

from typing import Any

import numpy as np
from numba import njit

from netwright.training.hogwild.tables import draw, look_up, next_random


@njit(nogil=True, fastmath=True, cache=True)
def tell(
    h: Any, change: Any, word: Any, contexts: Any, state: Any, thresholds: Any, aliases: Any, sigmoid: Any,
    negatives: int, step: Any, want_loss: bool,
) -> Any:  # fmt: skip
    """One word is told from drawn ones by `h`; adds the change of `h` to `change`; returns the loss."""
    width = len(h)
    loss = np.float32(0)
    for k in range(negatives + 1):
        other = np.int64(word) if k == 0 else draw(next_random(state), thresholds, aliases)
        if k > 0 and other == word:
            continue
        row = contexts[other]
        x = np.float32(0)
        for d in range(width):
            x += h[d] * row[d]
        if want_loss:
            loss += look_up(sigmoid, x if k == 0 else -x, 1)
        g = (np.float32(1.0 if k == 0 else 0.0) - look_up(sigmoid, x, 0)) * step
        for d in range(width):
            change[d] += g * row[d]
            row[d] += g * h[d]
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def tell_by_tree(
    h: Any, change: Any, word: Any, nodes: Any, starts: Any, path: Any, turns: Any, sigmoid: Any, step: Any,
    want_loss: bool,
) -> Any:  # fmt: skip
    """One word is told along its path in a tree; the rest as in `tell`."""
    width = len(h)
    loss = np.float32(0)
    for k in range(starts[word], starts[word + 1]):
        row = nodes[path[k]]
        x = np.float32(0)
        for d in range(width):
            x += h[d] * row[d]
        if want_loss:
            loss += look_up(sigmoid, x if turns[k] == 0 else -x, 1)
        g = (np.float32(1 - turns[k]) - look_up(sigmoid, x, 0)) * step
        for d in range(width):
            change[d] += g * row[d]
            row[d] += g * h[d]
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def tell_frozen(
    h: Any, change: Any, word: Any, contexts: Any, state: Any, thresholds: Any, aliases: Any, sigmoid: Any,
    negatives: int, step: Any, want_loss: bool,
) -> Any:  # fmt: skip
    """As `tell`, and the words' output vectors stay as they are."""
    width = len(h)
    loss = np.float32(0)
    for k in range(negatives + 1):
        other = np.int64(word) if k == 0 else draw(next_random(state), thresholds, aliases)
        if k > 0 and other == word:
            continue
        row = contexts[other]
        x = np.float32(0)
        for d in range(width):
            x += h[d] * row[d]
        if want_loss:
            loss += look_up(sigmoid, x if k == 0 else -x, 1)
        g = (np.float32(1.0 if k == 0 else 0.0) - look_up(sigmoid, x, 0)) * step
        for d in range(width):
            change[d] += g * row[d]
    return loss
