"""Compiled: vectors of documents, which tell their words alone or together with the words around."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.one_input_kernel import tell, tell_frozen
from netwright.embeddings.words.windows import EVERY, LONGEST, next_sentence, rate_now, reach


@njit(nogil=True, fastmath=True, cache=True)
def paragraphs(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    documents: Any, order: Any, ends: Any, vectors: Any, contexts: Any, keep: Any, thresholds: Any, aliases: Any,
    sigmoid: Any, window: int, dynamic: bool, negatives: int, with_words: bool, learn_words: bool,
    rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from documents order[begin:end]; returns (sum of losses, number of predictions).

    `with_words` is PV-DM: the mean of the document's vector and the words around tells a word; else PV-DBOW.
    With `learn_words` False only the documents move, as for new texts.
    """
    state = np.empty(1, np.uint64)
    state[0] = seed
    width = documents.shape[1]
    words = np.empty(LONGEST, np.int32)
    h, change = np.empty(width, np.float32), np.empty(width, np.float32)
    loss, n_told, done, looked = 0.0, 0, 0, -EVERY
    step = np.float32(rate + (last_rate - rate) * min(1.0, before / total))
    for number in range(begin, end):
        document = order[number]
        at = ends[document - 1] + 1 if document else 0
        stop = ends[document]
        own = documents[document]
        if not learn_words:  # equal texts come to equal vectors, whatever stands beside them
            state[0] = np.uint64(before + 1)
        while at < stop:
            at, n, read = next_sentence(stream, at, stop, keep, state, words)
            done += read
            if learn_words and done - looked >= EVERY:
                looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
            for i in range(n):
                part = np.float32(1)
                first = last = 0
                for d in range(width):
                    h[d] = own[d]
                    change[d] = 0
                if with_words:
                    size = reach(state, window, dynamic)
                    first, last = max(0, i - size), min(n, i + size + 1)
                    for j in range(first, last):
                        if j != i:
                            row = vectors[words[j]]
                            for d in range(width):
                                h[d] += row[d]
                    part = np.float32(1.0 / (last - first))
                    for d in range(width):
                        h[d] *= part
                if learn_words:
                    loss += tell(
                        h, change, words[i], contexts, state, thresholds, aliases, sigmoid, negatives, step,
                        want_loss,
                    )  # fmt: skip
                else:
                    loss += tell_frozen(
                        h, change, words[i], contexts, state, thresholds, aliases, sigmoid, negatives, step,
                        want_loss,
                    )  # fmt: skip
                n_told += 1
                for d in range(width):
                    change[d] *= part
                    own[d] += change[d]
                if learn_words:
                    for j in range(first, last):
                        if j != i:
                            row = vectors[words[j]]
                            for d in range(width):
                                row[d] += change[d]
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
