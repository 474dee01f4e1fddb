"""Compiled: the mean of a text's words and n-grams tells its class, by a softmax or along a tree."""

from typing import Any

import numpy as np
from numba import njit

from netwright.training.hogwild.telling import add, dot, tell_by_tree

EVERY = 2_000
"""Words after which the rate is looked at anew."""
WANTED = True
"""The loss is always told."""


@njit(nogil=True, fastmath=True, cache=True)
def _tell_class(h: Any, change: Any, label: int, outputs: Any, scores: Any, step: Any) -> Any:
    """One step on the cross-entropy of a softmax over all classes; returns the loss."""
    for c in range(len(outputs)):
        scores[c] = dot(h, outputs[c])
    top, total = scores.max(), np.float32(0)
    for c in range(len(outputs)):
        scores[c] = np.exp(scores[c] - top)
        total += scores[c]
    loss = np.log(total) - np.log(max(scores[label], np.float32(1e-30)))
    for c in range(len(outputs)):
        g = (np.float32(1.0 if c == label else 0.0) - scores[c] / total) * step
        add(change, g, outputs[c])
        add(outputs[c], g, h)
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def classify(
    begin: int, end: int, counts: Any, place: int, before: int,
    order: Any, rows: Any, starts: Any, labels: Any, table: Any, outputs: Any, tree: Any, sigmoid: Any,
    rate: float, total: int,
) -> tuple[float, int]:  # fmt: skip
    """Learn from the texts order[begin:end]; returns (sum of losses, number of texts)."""
    starts_of, path, turns = tree
    h, change = np.empty(table.shape[1], np.float32), np.empty(table.shape[1], np.float32)
    scores = np.empty(len(outputs), np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    for number in range(begin, end):
        text = order[number]
        own = rows[starts[text] : starts[text + 1]]
        done += 1 + len(own)
        if done - looked >= EVERY:
            looked = counts[place, 0] = done
            step = np.float32(rate * max(0.0, 1.0 - (before + counts[:, 0].sum()) / total))
        if len(own) == 0:
            continue
        part = np.float32(1.0 / len(own))
        h[:] = 0
        change[:] = 0
        for row in own:
            add(h, part, table[row])
        if len(path):
            loss += tell_by_tree(
                h, change, labels[text], outputs, starts_of, path, turns, sigmoid, step, WANTED
            )
        else:
            loss += _tell_class(h, change, labels[text], outputs, scores, step)
        n_told += 1
        for row in own:
            add(table[row], part, change)
    counts[place, 0] = done
    return loss, n_told
