"""Compiled: the mean of a window tells the word in its middle."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.windows import EVERY, LONGEST, next_sentence, rate_now, reach, window_of
from netwright.training.hogwild.tables import places, room_for, seeded
from netwright.training.hogwild.telling import (
    add_outer,
    add_rows,
    add_to_all,
    ask_for,
    dots,
    draw_around,
    gather,
    mean_rows,
    tell_by_tree,
    to_changes,
)


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
    state = seeded(seed)
    width = vectors.shape[1]
    words, inside = places(LONGEST), places(2 * window)
    around, coming = places(negatives + 1), places(negatives)
    rows, g = room_for(negatives + 1, width), room_for(1, negatives + 1)
    h, change = room_for(1, width)[0], room_for(1, width)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    if negatives:
        draw_around(0, coming, around, state, thresholds, aliases, contexts, width)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n if n > 1 else 0):
            n_in = window_of(words, i, reach(state, window, dynamic), n, inside)
            if i + window + 1 < n:
                ask_for(vectors, words[i + window + 1], width)
            mean_rows(vectors, inside, n_in, width, h)
            change[:] = 0
            if negatives:
                n_out = draw_around(words[i], coming, around, state, thresholds, aliases, contexts, width)
                gather(contexts, around, n_out, width, rows)
                dots(h, rows, n_out, width, g)
                loss += to_changes(g, n_out, sigmoid, step, want_loss)
                add_rows(change, 0, g, 0, n_out, rows, width)
                add_outer(contexts, around, n_out, g, h, width)
            else:
                loss += tell_by_tree(
                    h, change[0], words[i], contexts, starts, path, turns, sigmoid, step, want_loss
                )
            n_told += 1
            add_to_all(vectors, inside, n_in, np.float32(1.0 / n_in), change[0], width)
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
