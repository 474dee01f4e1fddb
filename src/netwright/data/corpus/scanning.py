"""Compiled: from bytes of UTF-8 to numbers of words, which get their numbers as they are first seen."""

from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netwright.data.corpus.tokenizer import INNER, LETTER, LINE_END, MAX_WORD, N_TABLE

SENTENCE_END = -1
"""Stands in a stream of word numbers where a sentence ends."""
DROPPED = -2
DONE, FULL, GROW, INVALID, TOO_LONG = range(5)
WORDS, BYTES, TOKENS, LINES, POSITION = range(5)
"""Places of the state that a scan reads and writes."""


@final
class WordTable:
    """Words with their numbers and counts, in arrays that compiled code can fill.

    Example:
        >>> table = WordTable()
        >>> table.n_words, table.words()
        (0, [])
    """

    def __init__(self) -> None:
        self.slots = np.full(1 << 16, -1, np.int32)
        self.hashes = np.empty(1 << 15, np.uint64)
        self.counts = np.zeros(1 << 15, np.int64)
        self.starts = np.zeros((1 << 15) + 1, np.int64)
        self.letters = np.empty(1 << 19, np.uint8)
        self.state = np.zeros(5, np.int64)

    @property
    def n_words(self) -> int:
        """How many different words were seen."""
        return int(self.state[WORDS])

    def words(self) -> list[str]:
        """Return all words, in the order of their numbers."""
        starts, letters = self.starts[: self.n_words + 1].tolist(), self.letters.tobytes()
        return [letters[a:b].decode() for a, b in zip(starts[:-1], starts[1:], strict=True)]

    def grow(self) -> None:
        """Make room for twice as many words."""
        n = len(self.hashes)
        self.hashes = np.resize(self.hashes, 2 * n)
        self.counts = np.concatenate([self.counts, np.zeros(n, np.int64)])
        self.starts = np.resize(self.starts, 2 * n + 1)
        self.letters = np.resize(self.letters, 2 * len(self.letters))
        self.slots = np.full(2 * len(self.slots), -1, np.int32)
        _rehash(self.slots, self.hashes, self.n_words)

    def scan(
        self, data: NDArray[np.uint8], tables: Any, out: NDArray[np.int32], flags: tuple[bool, bool, bool]
    ) -> int:
        """Go on at the state's position; returns why it stopped: `DONE`, `FULL`, `GROW`, or what is wrong.

        Args:
            data: bytes of UTF-8.
            tables: of a tokenizer.
            out: numbers of words are written here, from the state's count of tokens on.
            flags: whether more bytes follow; whether invalid bytes part words; whether unknown words are kept.
        """
        kinds, lower = tables
        return int(
            _scan(
                data, kinds, lower, self.state, self.slots, self.hashes, self.starts, self.letters,
                self.counts, out, *flags,
            )
        )  # fmt: skip


@njit(nogil=True, cache=True)
def _rehash(slots: Any, hashes: Any, n_words: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for word in range(n_words):
        place = hashes[word] & mask
        while slots[place] >= 0:
            place = (place + np.uint64(1)) & mask
        slots[place] = word


@njit(nogil=True, cache=True)
def _decode(data: Any, at: int, end: int) -> tuple[int, int]:
    """Code point and length of the character at a place; length 0 if it is cut off, -1 if it is no UTF-8."""
    first = data[at]
    if first < 0x80:
        return int(first), 1
    if 0xC2 <= first < 0xE0:
        size, code, least = 2, int(first & 0x1F), 0x80
    elif 0xE0 <= first < 0xF0:
        size, code, least = 3, int(first & 0x0F), 0x800
    elif 0xF0 <= first < 0xF5:
        size, code, least = 4, int(first & 0x07), 0x10000
    else:
        return 0, -1
    for more in range(1, size):
        if at + more >= end:
            return 0, 0
        byte = data[at + more]
        if byte & 0xC0 != 0x80:
            return 0, -1
        code = (code << 6) | int(byte & 0x3F)
    if code < least or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return 0, -1
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
        word[n], word[n + 1], word[n + 2] = (
            0xE0 | (code >> 12),
            0x80 | ((code >> 6) & 0x3F),
            0x80 | (code & 0x3F),
        )
        return n + 3
    word[n], word[n + 1] = 0xF0 | (code >> 18), 0x80 | ((code >> 12) & 0x3F)
    word[n + 2], word[n + 3] = 0x80 | ((code >> 6) & 0x3F), 0x80 | (code & 0x3F)
    return n + 4


@njit(nogil=True, cache=True)
def _number(
    word: Any, n: int, state: Any, slots: Any, hashes: Any, starts: Any, letters: Any, learn: bool
) -> int:
    """Number of a word, which gets the next one if it is new and may be learned; DROPPED if it may not."""
    code = np.uint64(14695981039346656037)
    for i in range(n):
        code = (code ^ np.uint64(word[i])) * np.uint64(1099511628211)
    code ^= code >> np.uint64(29)
    mask = np.uint64(len(slots) - 1)
    place = code & mask
    while slots[place] >= 0:
        known = slots[place]
        if hashes[known] == code and starts[known + 1] - starts[known] == n:
            same, start = True, starts[known]
            for i in range(n):
                if letters[start + i] != word[i]:
                    same = False
                    break
            if same:
                return int(known)
        place = (place + np.uint64(1)) & mask
    if not learn:
        return DROPPED
    new, start = state[WORDS], state[BYTES]
    letters[start : start + n] = word[:n]
    starts[new], starts[new + 1], hashes[new], slots[place] = start, start + n, code, new
    state[WORDS], state[BYTES] = new + 1, start + n
    return int(new)


@njit(nogil=True, cache=True)
def _scan(
    data: Any, kinds: Any, lower: Any, state: Any, slots: Any, hashes: Any, starts: Any, letters: Any,
    counts: Any, out: Any, more: bool, skip_invalid: bool, learn: bool,
) -> int:  # fmt: skip
    word = np.empty(MAX_WORD + 8, np.uint8)
    at, end, written = state[POSITION], len(data), state[TOKENS]
    while at < end:
        if written + 2 > len(out):
            state[POSITION], state[TOKENS] = at, written
            return FULL
        if (
            2 * state[WORDS] + 2 > len(slots)
            or state[WORDS] + 1 >= len(hashes)
            or state[BYTES] + MAX_WORD + 8 > len(letters)
        ):
            state[POSITION], state[TOKENS] = at, written
            return GROW
        start, n, kept, line_end, complete = at, 0, 0, False, False
        while at < end:
            code, size = _decode(data, at, end)
            if size == 0 and more:
                break
            if size <= 0 and not skip_invalid:
                state[POSITION], state[TOKENS] = at, written
                return INVALID
            if size <= 0:
                kind, size = 0, 1
            else:
                kind = int(kinds[code]) if code < N_TABLE else LETTER
            if kind == LETTER:
                n = _encode(int(lower[code]) if code < N_TABLE else code, word, n)
                kept = n
            elif kind == INNER and kept == n and n > 0:
                n = _encode(code, word, n)  # kept if a letter follows
            else:
                at += size
                line_end, complete = kind == LINE_END, True
                break
            at += size
            if n > MAX_WORD:
                state[POSITION], state[TOKENS] = start, written
                return TOO_LONG
        if not complete and more:
            state[POSITION], state[TOKENS] = start, written
            return DONE  # what is left belongs to a word that goes on
        if kept:
            number = _number(word, kept, state, slots, hashes, starts, letters, learn)
            if number >= 0:
                counts[number] += 1
                out[written] = number
                written += 1
        if line_end:
            out[written] = SENTENCE_END
            written += 1
            state[LINES] += 1
    state[POSITION], state[TOKENS] = at, written
    return DONE


@njit(nogil=True, cache=True)
def renumber(stream: NDArray[np.int32], numbers: NDArray[np.int32]) -> int:
    """Give words other numbers, in place; those of a negative number go; returns how many are left.

    Args:
        stream: numbers of words, and ends of sentences, which stay.
        numbers: new number of each word.

    Example:
        >>> stream = np.array([0, 1, 2, -1], np.int32)
        >>> n = renumber(stream, np.array([5, DROPPED, 6], np.int32))
        >>> stream[:n].tolist()
        [5, 6, -1]
    """
    n = 0
    for one in stream:
        new = numbers[one] if one >= 0 else one
        if new != DROPPED:
            stream[n] = new
            n += 1
    return n
