"""Lines of text as fastText's supervised models take them: words, their n-grams, and n-grams of words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netwright.data.fast_text.subwords import END
from netwright.data.fast_text.tables import FastTextTables


def rows_of_lines(
    tables: FastTextTables, texts: Sequence[str], prefix: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows whose mean tells the label of each text.

    They are those of its words, of the n-grams of these, and of the n-grams of words. White space parts
    words; the mark of the end of a line is one of them; what is known as a label, or begins like one, is
    none.

    Args:
        tables: of a supervised model.
        texts: a line each; line breaks count as white space.
        prefix: with which labels begin.

    Returns:
        (starts, rows): those of text i stand in rows[starts[i] : starts[i + 1]].
    """
    end, mark, labels = END.encode(), prefix.encode(), set(tables.labels)
    lines = []
    for text in texts:
        words = [*text.encode("utf-8", "replace").replace(b"\0", b" ").split(), end]
        lines.append(
            [one for one in words if one in tables.numbers or not (one in labels or one.startswith(mark))]
        )
    words = [word for line in lines for word in line]
    of_words, rows = tables.parts_of(words)
    ends = np.cumsum([len(line) for line in lines], dtype=np.int64)
    of_ngrams, buckets = _word_ngrams(words, ends, tables.settings.word_ngrams, tables.settings.buckets)
    ngrams = tables.rows_of_buckets(buckets)
    owners = np.concatenate([
        np.repeat(np.searchsorted(ends, np.arange(len(words)), side="right"), np.diff(of_words)),
        np.repeat(np.arange(len(lines)), np.diff(of_ngrams)),
    ])  # fmt: skip
    rows = np.concatenate([rows, ngrams])
    order = np.argsort(owners, kind="stable")
    order = order[rows[order] >= 0]
    starts = np.searchsorted(owners[order], np.arange(len(lines) + 1))
    return starts.astype(np.int64), rows[order]


def _word_ngrams(
    words: list[bytes], ends: NDArray[np.int64], longest: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts, found = np.zeros(len(ends) + 1, np.int64), np.empty(len(words) * max(0, longest - 1), np.int64)
    if not len(found) or not buckets:
        return starts, found[:0]
    letters = np.frombuffer(b"".join(words), np.uint8)
    bounds = np.cumsum([len(word) for word in words], dtype=np.int64)
    hash_all: Any = _hash_word_ngrams
    n = hash_all(letters, bounds, ends, longest, buckets, starts, found)
    return starts, found[:n]


@njit(nogil=True, cache=True)
def _hash_word_ngrams(
    letters: Any, bounds: Any, ends: Any, longest: int, buckets: int, starts: Any, found: Any
) -> int:
    codes = np.empty(len(bounds), np.int64)
    begin = 0
    for word in range(len(bounds)):
        code = np.uint32(2166136261)
        for at in range(begin, bounds[word]):
            byte = letters[at]
            signed = np.uint32(byte) if byte < 128 else np.uint32(byte) | np.uint32(0xFFFFFF00)
            code = np.uint32((code ^ signed) * np.uint32(16777619))
        codes[word] = np.int64(code) if code < 2147483648 else np.int64(code) - 4294967296  # signed, as there
        begin = bounds[word]
    n, first = 0, 0
    for line in range(len(ends)):
        for i in range(first, ends[line]):
            whole = np.uint64(codes[i])
            for j in range(i + 1, min(ends[line], i + longest)):
                whole = whole * np.uint64(116049371) + np.uint64(codes[j])
                found[n] = np.int64(whole % np.uint64(buckets))
                n += 1
        starts[line + 1] = n
        first = ends[line]
    return n
