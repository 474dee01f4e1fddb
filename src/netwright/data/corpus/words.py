"""Compiled: where the next word of a text begins and ends, and its letters, lowered."""

from typing import Any

import numpy as np
from numba import njit

from netwright.data.corpus.tokenizer import (
    HEBREW,
    INNER,
    LETTER,
    MAX_WORD,
    N_TABLE,
    QUOTE,
    SEPARATOR,
)

UNFINISHED, UNDECODABLE = -1, -2
"""How a word ends, but for the kinds of characters that end one: the bytes do, or they are no UTF-8."""
_SIZES = np.zeros(256, np.int64)
"""Bytes of a character by its first one; 0 for those that begin none."""
_SIZES[:0x80], _SIZES[0xC2:0xE0], _SIZES[0xE0:0xF0], _SIZES[0xF0:0xF5] = 1, 2, 3, 4
_LEAST = np.array([0, 0, 0x80, 0x800, 0x10000], np.int64)
"""The least code point that may be written in so many bytes."""


@njit(nogil=True, cache=True)
def _decode(data: Any, at: int, end: int) -> tuple[int, int]:
    """Code point and length of a character beyond ASCII; length 0 if it is cut off, -1 if it is no UTF-8."""
    size = _SIZES[data[at]]
    code = int(data[at]) & (0x7F >> size)
    for more in range(1, size):
        if at + more >= end:
            return 0, 0
        byte = int(data[at + more])
        if byte & 0xC0 != 0x80:
            return 0, -1
        code = (code << 6) | (byte & 0x3F)
    if size == 0 or code < _LEAST[size] or code > 0x10FFFF or (code >> 11) == 0x1B:
        return 0, -1  # the last of these is a surrogate
    return code, size


@njit(nogil=True, cache=True)
def _encode(code: int, word: Any, n: int) -> int:
    """Write a code point behind n bytes; returns how many there are then."""
    if code < 0x80:
        word[n] = code
        return n + 1
    if code < 0x800:
        word[n], word[n + 1] = 0xC0 | (code >> 6), 0x80 | (code & 0x3F)
        return n + 2
    if code < 0x10000:
        word[n], word[n + 1] = 0xE0 | (code >> 12), 0x80 | ((code >> 6) & 0x3F)
        word[n + 2] = 0x80 | (code & 0x3F)
        return n + 3
    word[n], word[n + 1] = 0xF0 | (code >> 18), 0x80 | ((code >> 12) & 0x3F)
    word[n + 2], word[n + 3] = 0x80 | ((code >> 6) & 0x3F), 0x80 | (code & 0x3F)
    return n + 4


@njit(nogil=True, cache=True)
def _character(
    data: Any, at: int, end: int, kinds: Any, more: bool, skip_invalid: bool
) -> tuple[int, int, int]:
    """Code point, length and kind of a character; the kind says if it is cut off or no UTF-8."""
    code, size = int(data[at]), 1
    if code >= 0x80:
        code, size = _decode(data, at, end)
    if size > 0:
        return code, size, int(kinds[code]) if code < N_TABLE else LETTER
    if size == 0 and more:
        return 0, 0, UNFINISHED
    return 0, 1, SEPARATOR if skip_invalid else UNDECODABLE


@njit(nogil=True, cache=True)
def _joins(kind: int, before: int) -> bool:
    """Whether a character may stand inside of a word, behind one of another kind."""
    return kind == INNER or (kind == QUOTE and before == HEBREW)


@njit(nogil=True, cache=True)
def next_word(
    data: Any, at: int, end: int, kinds: Any, lower: Any, word: Any, more: bool, skip_invalid: bool
) -> tuple[int, int, int]:
    """Write the letters of the next word; returns where to go on, its bytes (0: none), and how it ends.

    Args:
        data: bytes of UTF-8.
        at: where to begin.
        end: where the bytes end.
        kinds: of code points.
        lower: what code points become.
        word: room for the longest word and one character more.
        more: whether more bytes follow.
        skip_invalid: whether bytes that are no UTF-8 part words.

    Example:
        >>> from netwright.data.corpus.tokenizer import Tokenizer
        >>> word = np.empty(MAX_WORD + 8, np.uint8)
        >>> data = np.frombuffer(b"Don't!", np.uint8)
        >>> next_word(data, 0, 6, *Tokenizer().tables(), word, False, False), word[:5].tobytes()
        ((6, 5, 0), b"don't")
    """
    n = kept = 0
    before = SEPARATOR
    while at < end and n <= MAX_WORD:
        code, size, kind = _character(data, at, end, kinds, more, skip_invalid)
        if kind in (LETTER, HEBREW):
            if before == QUOTE and kind != HEBREW:
                return at, kept, SEPARATOR  # the quotation mark was none of the word
            n = kept = _encode(int(lower[code]) if code < N_TABLE else code, word, n)
        elif n > 0 and kept == n and _joins(kind, before):
            n = _encode(code, word, n)  # kept if a letter follows
        else:
            return (at if kind < 0 else at + size), kept, kind
        at, before = at + size, kind
    return at, n if n > MAX_WORD else kept, UNFINISHED
