"""Compiled: sentences as bags, which tell their own words (sent2vec) or their neighbours' (FastSent)."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.windows import EVERY, FREE, rate_now
from netwright.training.hogwild.bags import ngram_buckets
from netwright.training.hogwild.tables import next_random, seeded
from netwright.training.hogwild.telling import add, tell, tell_by_tree


@njit(nogil=True, fastmath=True, cache=True)
def _sum_rows(table: Any, rows: Any, n: int, h: Any) -> None:
    h[:] = 0
    for k in range(n):
        add(h, np.float32(1), table[rows[k]])


@njit(nogil=True, fastmath=True, cache=True)
def _tell_own(
    words: Any, table: Any, whole: Any, part: Any, own: Any, contexts: Any, state: Any, keep: Any,
    drawing: Any, sigmoid: Any, negatives: int, step: Any, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Each word of a sentence is told by the mean of all other parts, which move by what `own` gets."""
    thresholds, aliases = drawing
    width, loss, n_told = table.shape[1], 0.0, 0
    h = np.empty(width, np.float32)
    for i in range(len(words)):
        if (next_random(state) >> np.uint64(32)) >= keep[words[i]]:
            continue
        row = table[words[i]]
        for d in range(width):
            h[d] = (whole[d] - row[d]) * part
        loss += tell(
            h,
            own[i],
            words[i],
            contexts,
            state,
            thresholds,
            aliases,
            sigmoid,
            negatives,
            step,
            want_loss,
            FREE,
        )
        n_told += 1
        for d in range(width):
            own[i, d] *= part
    return loss, n_told


@njit(nogil=True, fastmath=True, cache=True)
def sent2vec(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    table: Any, contexts: Any, keep: Any, drawing: Any, sigmoid: Any, longest: int, buckets: int, ends: Any,
    negatives: int, rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from sentences begin to end: the mean of all other parts of a sentence tells each of its words.

    All words of a sentence are told by the vectors as they were at its beginning, which then move together.
    """
    state = seeded(seed)
    width, n_words = table.shape[1], len(contexts)
    whole, moved = np.empty(width, np.float32), np.empty(width, np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    for sentence in range(begin, end):
        words = stream[ends[sentence - 1] + 1 if sentence else 0 : ends[sentence]]
        n = len(words)
        done += n
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        rows = np.empty(n * longest, np.int64)
        rows[:n] = words
        n_rows = n + ngram_buckets(words, n, longest, n_words, buckets, rows[n:])
        if n_rows < 2:
            continue
        _sum_rows(table, rows, n_rows, whole)
        own, part = np.zeros((n, width), np.float32), np.float32(1.0 / (n_rows - 1))
        lost, told = _tell_own(
            words,
            table,
            whole,
            part,
            own,
            contexts,
            state,
            keep,
            drawing,
            sigmoid,
            negatives,
            step,
            want_loss,
        )
        loss, n_told = loss + lost, n_told + told
        _sum_rows(own, np.arange(n), n, moved)
        for k in range(n_rows):
            add(table[rows[k]], np.float32(1), moved)
        for i in range(n):
            add(table[words[i]], np.float32(-1), own[i])  # no word helps to tell itself
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told


@njit(nogil=True, fastmath=True, cache=True)
def _tell_words(
    h: Any, change: Any, words: Any, contexts: Any, state: Any, drawing: Any, tree: Any, sigmoid: Any,
    negatives: int, step: Any, want_loss: bool,
) -> Any:  # fmt: skip
    """Tell words one after the other, from drawn ones or along the tree; returns the loss."""
    thresholds, aliases = drawing
    starts, path, turns = tree
    loss = 0.0
    for word in words:
        if negatives:
            loss += tell(
                h,
                change,
                word,
                contexts,
                state,
                thresholds,
                aliases,
                sigmoid,
                negatives,
                step,
                want_loss,
                FREE,
            )
        else:
            loss += tell_by_tree(h, change, word, contexts, starts, path, turns, sigmoid, step, want_loss)
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def fast_sent(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    table: Any, contexts: Any, drawing: Any, tree: Any, sigmoid: Any, ends: Any, own_too: bool,
    negatives: int, rate: float, last_rate: float, total: int, want_loss: bool,
) -> tuple[float, int]:  # fmt: skip
    """Learn from sentences begin to end: the sum of a sentence's words tells the words of its neighbours.

    With `negatives` 0 words are told along the paths of `tree`; with `own_too` a sentence tells its own too.
    """
    state = seeded(seed)
    h, change = np.empty(table.shape[1], np.float32), np.empty(table.shape[1], np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    for sentence in range(begin, end):
        words = stream[ends[sentence - 1] + 1 if sentence else 0 : ends[sentence]]
        done += len(words)
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        if len(words) == 0:
            continue
        _sum_rows(table, words, len(words), h)
        change[:] = 0
        for other in range(max(0, sentence - 1), min(len(ends), sentence + 2)):
            if other != sentence or own_too:
                told = stream[ends[other - 1] + 1 if other else 0 : ends[other]]
                loss += _tell_words(
                    h, change, told, contexts, state, drawing, tree, sigmoid, negatives, step, want_loss
                )
                n_told += len(told)
        for k in range(len(words)):
            add(table[words[k]], np.float32(1), change)
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
