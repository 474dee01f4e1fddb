"""Compiled: vectors of documents, which tell their words alone or together with the words around."""

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
    add_to_all,
    ask_for,
    dots,
    draw_around,
    gather,
    to_changes,
)


@njit(nogil=True, fastmath=True, cache=True)
def _document(
    document: int, documents: Any, words: Any, n: int, state: Any, vectors: Any, contexts: Any,
    thresholds: Any, aliases: Any, sigmoid: Any, window: int, with_words: bool, step: Any, want_loss: bool,
    frozen: bool, h: Any, change: Any, inside: Any, around: Any, coming: Any, rows: Any, g: Any,
) -> Any:  # fmt: skip
    """Tell the words of a document one after the other; returns the loss."""
    width, loss, n_in = len(h), 0.0, 0
    for i in range(n):
        if with_words:
            n_in = window_of(words, i, reach(state, window, DYNAMIC), n, inside)
            ask_for(vectors, words[min(i + window + 1, n - 1)], width)
        part = np.float32(1.0 / (n_in + 1))
        for d in range(width):
            h[d], change[0, d] = documents[document, d], 0
        add_sum(vectors, inside, n_in, width, h)
        for d in range(width):
            h[d] *= part
        n_out = draw_around(words[i], coming, around, state, thresholds, aliases, contexts, width)
        gather(contexts, around, n_out, width, rows)
        dots(h, rows, n_out, width, g)
        loss += to_changes(g, n_out, sigmoid, step, want_loss)
        add_rows(change, 0, g, 0, n_out, rows, width)
        add_outer(contexts, around, 0 if frozen else n_out, g, h, width)
        for d in range(width):
            change[0, d] *= part
            documents[document, d] += change[0, d]
        add_to_all(vectors, inside, 0 if frozen else n_in, np.float32(1), change[0], width)
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def paragraphs(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    documents: Any, order: Any, ends: Any, vectors: Any, contexts: Any, keep: Any, drawing: Any, sigmoid: Any,
    window: int, with_words: bool, negatives: int, frozen: bool, rate: float, last_rate: float, total: int,
    want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from documents order[begin:end]; returns (sum of losses, number of predictions).

    `with_words` is PV-DM: the mean of the document's vector and the words around tells a word; else PV-DBOW.
    Where all but the documents is frozen, equal texts come to equal vectors, whatever stands beside them.
    """
    state = seeded(seed)
    words, width = places(LONGEST), documents.shape[1]
    coming, around = places(negatives), places(negatives + 1)
    h, change = room_for(1, width)[0], room_for(1, width)
    inside, g = places(2 * window), room_for(1, negatives + 1)
    rows = room_for(negatives + 1, width)
    thresholds, aliases = drawing
    loss, n_told, done, looked = 0.0, 0, 0, -EVERY
    step = np.float32(rate + (last_rate - rate) * min(1.0, before / total))
    draw_around(0, coming, around, state, thresholds, aliases, contexts, width)
    for number in range(begin, end):
        document = order[number]
        at, stop = ends[document - 1] + 1 if document else 0, ends[document]
        if number + 1 < end:
            ask_for(documents, order[number + 1], width)
        if frozen:
            state[0] = np.uint64(before + 1)
            draw_around(0, coming, around, state, thresholds, aliases, contexts, width)
        while at < stop:
            at, n, read = next_sentence(stream, at, stop, keep, state, words)
            done, n_told = done + read, n_told + n
            if not frozen and done - looked >= EVERY:
                looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
            loss += _document(
                document, documents, words, n, state, vectors, contexts, thresholds, aliases, sigmoid, window,
                with_words, step, want_loss, frozen, h, change, inside, around, coming, rows, g,
            )  # fmt: skip
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
