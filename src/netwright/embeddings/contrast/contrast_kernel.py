"""Compiled: skip-gram that also draws synonyms together and antonyms apart, context by context."""

from typing import Any

import numpy as np
from numba import njit

from netwright.embeddings.words.windows import EVERY, LONGEST, next_sentence, rate_now, reach
from netwright.training.hogwild.tables import draw, look_up, next_random, seeded

TINY = 1e-12


@njit(nogil=True, cache=True)
def _among(ids: Any, begin: int, end: int, wanted: int) -> bool:
    """Whether a number stands in a sorted stretch."""
    while begin < end:
        middle = (begin + end) // 2
        if ids[middle] < wanted:
            begin = middle + 1
        elif ids[middle] > wanted:
            end = middle
        else:
            return True
    return False


@njit(nogil=True, fastmath=True, cache=True)
def _pull(vectors: Any, word: int, context: int, linked: Any, told: Any, step: Any, change: Any) -> None:
    """Add a step up the mean cosine of a word with those of its others that the context tells of, too."""
    starts, others = linked
    telling, contexts = told
    begin, end = starts[word], starts[word + 1]
    n = 0
    for k in range(begin, end):
        n += _among(contexts, telling[others[k]], telling[others[k] + 1], context)
    if n == 0:
        return
    a = vectors[word]
    width = len(a)
    for k in range(begin, end):
        other = others[k]
        if not _among(contexts, telling[other], telling[other + 1], context):
            continue
        b = vectors[other]
        aa = bb = ab = np.float32(TINY)
        for d in range(width):
            aa += a[d] * a[d]
            bb += b[d] * b[d]
            ab += a[d] * b[d]
        share = np.float32(step / (n * np.sqrt(aa * bb)))
        back = share * ab / aa
        for d in range(width):
            change[d] += share * b[d] - back * a[d]


@njit(nogil=True, fastmath=True, cache=True)
def _tell(
    vectors: Any, outputs: Any, word: int, context: int, thresholds: Any, aliases: Any, sigmoid: Any,
    negatives: int, step: Any, state: Any, change: Any,
) -> float:  # fmt: skip
    """Move the outputs by which a word tells its context from drawn words, and add up the word's own."""
    a = vectors[word]
    width = len(a)
    loss = 0.0
    for m in range(negatives + 1):
        other = context if m == 0 else draw(next_random(state), thresholds, aliases)
        if m > 0 and other == context:
            continue
        b = outputs[other]
        x = np.float32(0)
        for d in range(width):
            x += a[d] * b[d]
        loss += look_up(sigmoid, x if m == 0 else -x, 1)
        move = (np.float32(1.0 if m == 0 else 0.0) - look_up(sigmoid, x, 0)) * step
        for d in range(width):
            change[d] += move * b[d]
            b[d] += move * a[d]
    return loss


@njit(nogil=True, fastmath=True, cache=True)
def contrast_skip_gram(
    stream: Any, begin: int, end: int, seed: Any, counts: Any, place: int, before: int,
    vectors: Any, outputs: Any, keep: Any, thresholds: Any, aliases: Any, sigmoid: Any,
    synonyms: Any, antonyms: Any, telling: Any, window: int, dynamic: bool, negatives: int, strength: float,
    rate: float, last_rate: float, total: int,
) -> tuple[float, int]:  # fmt: skip
    """Learn from a part of a stream; returns (sum of skip-gram's losses, number of predictions)."""
    state = seeded(seed)
    words = np.empty(LONGEST, np.int32)
    change = np.empty(vectors.shape[1], np.float32)
    loss, n_told, done, looked, step = 0.0, 0, 0, -EVERY, np.float32(rate)
    at = begin
    while at < end:
        at, n, read = next_sentence(stream, at, end, keep, state, words)
        done += read
        if done - looked >= EVERY:
            looked, step = done, rate_now(counts, place, done, before, total, rate, last_rate)
        for i in range(n):
            size = reach(state, window, dynamic)
            for j in range(max(0, i - size), min(n, i + size + 1)):
                if j == i:
                    continue
                change[:] = 0
                loss += _tell(
                    vectors, outputs, words[i], words[j], thresholds, aliases, sigmoid, negatives, step,
                    state, change,
                )  # fmt: skip
                pull = step * np.float32(strength)
                _pull(vectors, words[i], words[j], synonyms, telling, pull, change)
                _pull(vectors, words[i], words[j], antonyms, telling, -pull, change)
                row = vectors[words[i]]
                for d in range(len(row)):
                    row[d] += change[d]
                n_told += 1
    rate_now(counts, place, done, before, total, rate, last_rate)
    return loss, n_told
