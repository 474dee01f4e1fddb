"""Compiled: vectors of documents, which tell their words alone or together with the words around."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.one_input_kernel import add, add_window, move_window, tell
from netwright.embeddings.words.windows import DYNAMIC, EVERY, LONGEST, next_sentence, rate_now, reach


@njit(nogil=True, fastmath=True, cache=True)
def _document(
    own: Any, words: Any, n: int, state: Any, vectors: Any, contexts: Any, drawing: Any, sigmoid: Any,
    window: int, with_words: bool, negatives: int, step: Any, want_loss: bool, frozen: bool, h: Any,
    change: Any,
) -> Any:  # fmt: skip
    """Tell the words of a document one after the other; returns the loss."""
    thresholds, aliases = drawing
    loss = 0.0
    for i in range(n):
        size = reach(state, window, DYNAMIC) if with_words else 0
        first, last = max(0, i - size), min(n, i + size + 1)
        part = np.float32(1.0 / (last - first))
        h[:] = own
        change[:] = 0
        add_window(vectors, words, first, i, last, h)
        h *= part
        loss += tell(
            h,
            change,
            words[i],
            contexts,
            state,
            thresholds,
            aliases,
            sigmoid,
            negatives,
            step,
            want_loss,
            frozen,
        )
        add(own, part, change)
        if not frozen:
            move_window(vectors, words, first, i, last, part, change)
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
    state = np.empty(1, np.uint64)
    state[0] = seed
    words = np.empty(LONGEST, np.int32)
    h, change = np.empty(documents.shape[1], np.float32), np.empty(documents.shape[1], np.float32)
    loss, n_told, done, looked = 0.0, 0, 0, -EVERY
    step = np.float32(rate + (last_rate - rate) * min(1.0, before / total))
    for number in range(begin, end):
        document = order[number]
        at, stop = ends[document - 1] + 1 if document else 0, ends[document]
        if frozen:
            state[0] = np.uint64(before + 1)
        while at < stop:
            at, n, read = next_sentence(stream, at, stop, keep, state, words)
            done, n_told = done + read, n_told + n
            if not frozen and done - looked >= EVERY:
                looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
            loss += _document(
                documents[document], words, n, state, vectors, contexts, drawing, sigmoid, window, with_words,
                negatives, step, want_loss, frozen, h, change,
            )  # fmt: skip
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
