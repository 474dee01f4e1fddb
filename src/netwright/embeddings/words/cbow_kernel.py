"""Compiled: the mean of a window tells the word in its middle."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.one_input_kernel import add_window, move_window, tell, tell_by_tree
from netwright.embeddings.words.windows import EVERY, FREE, LONGEST, next_sentence, rate_now, reach


@njit(nogil=True, fastmath=True, cache=True)
def cbow(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, contexts: Any, keep: Any, drawing: Any, tree: Any, sigmoid: Any,
    window: int, dynamic: bool, negatives: int, rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from a part of a stream; returns (sum of losses, number of predictions).

    `drawing` holds the alias tables; with `negatives` 0 words are told along the paths of `tree`.
    """
    thresholds, aliases = drawing
    starts, path, turns = tree
    state = np.empty(1, np.uint64)
    state[0] = seed
    words = np.empty(LONGEST, np.int32)
    h, change = np.empty(vectors.shape[1], np.float32), np.empty(vectors.shape[1], np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n if n > 1 else 0):
            size = reach(state, window, dynamic)
            first, last = max(0, i - size), min(n, i + size + 1)
            part = np.float32(1.0 / (last - first - 1))
            h[:] = 0
            change[:] = 0
            add_window(vectors, words, first, i, last, h)
            h *= part
            if negatives:
                loss += tell(
                    h, change, words[i], contexts, state, thresholds, aliases, sigmoid, negatives, step,
                    want_loss, FREE,
                )  # fmt: skip
            else:
                loss += tell_by_tree(
                    h, change, words[i], contexts, starts, path, turns, sigmoid, step, want_loss
                )
            n_told += 1
            move_window(vectors, words, first, i, last, part, change)
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
