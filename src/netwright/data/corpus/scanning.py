"""Compiled: from bytes of UTF-8 to numbers of words, which get their numbers as they are first seen."""

from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from netwright.data.corpus.tokenizer import LINE_END, MAX_WORD
from netwright.data.corpus.words import UNDECODABLE, UNFINISHED, next_word

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
        >>> table.n_words, table.words(np.array([], int))
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

    def words(self, numbers: NDArray[np.int64]) -> list[str]:
        """Return the words of these numbers.

        Args:
            numbers: as words got them when they were first seen.
        """
        ends, letters = self.starts[numbers + 1].tolist(), self.letters.tobytes()
        starts = self.starts[numbers].tolist()
        return [letters[a:b].decode() for a, b in zip(starts, ends, strict=True)]

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
            flags: whether more bytes follow, whether invalid bytes part words, whether new words are kept.
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
def _hash(word: Any, n: int) -> Any:
    code = np.uint64(14695981039346656037)
    for i in range(n):
        code = (code ^ np.uint64(word[i])) * np.uint64(1099511628211)
    return code ^ (code >> np.uint64(29))


@njit(nogil=True, cache=True)
def _is_at(letters: Any, start: int, word: Any, n: int) -> bool:
    for i in range(n):  # noqa: SIM110 (compiled code)
        if letters[start + i] != word[i]:
            return False
    return True


@njit(nogil=True, cache=True)
def _number(
    word: Any, n: int, state: Any, slots: Any, hashes: Any, starts: Any, letters: Any, learn: bool
) -> int:
    """Number of a word, which gets the next one if it is new and may be learned; DROPPED if it may not."""
    code = _hash(word, n)
    mask = np.uint64(len(slots) - 1)
    place = code & mask
    while slots[place] >= 0:
        known = slots[place]
        start = starts[known]
        if hashes[known] == code and starts[known + 1] - start == n and _is_at(letters, start, word, n):
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
def _room(state: Any, slots: Any, hashes: Any, letters: Any, written: int, n_out: int) -> int:
    """FULL or GROW where one more word and the end of a line have no room, else DONE."""
    if written + 2 > n_out:
        return FULL
    crowded = 2 * state[WORDS] + 2 > len(slots) or state[WORDS] + 1 >= len(hashes)
    return GROW if crowded or state[BYTES] + MAX_WORD + 8 > len(letters) else DONE


@njit(nogil=True, cache=True)
def _write(number: int, line_end: bool, state: Any, counts: Any, out: Any, written: int) -> int:
    """Write a word's number, if it has one, and the end of a line; returns how much is written then."""
    if number >= 0:
        counts[number] += 1
        out[written] = number
        written += 1
    if line_end:
        out[written] = SENTENCE_END
        written += 1
        state[LINES] += 1
    return written


@njit(nogil=True, cache=True)
def _stop(what: int, more: bool) -> int:
    """What a scan says after a word of this ending; -1 if it goes on."""
    if what == UNDECODABLE:
        return INVALID
    if what == UNFINISHED and more:
        return DONE
    return -1


@njit(nogil=True, cache=True)
def _scan(
    data: Any, kinds: Any, lower: Any, state: Any, slots: Any, hashes: Any, starts: Any, letters: Any,
    counts: Any, out: Any, more: bool, skip_invalid: bool, learn: bool,
) -> int:  # fmt: skip
    word = np.empty(MAX_WORD + 8, np.uint8)
    at, end, written, stop = state[POSITION], len(data), state[TOKENS], -1
    while at < end and stop < 0:
        stop = _room(state, slots, hashes, letters, written, len(out))
        if stop != DONE:
            break
        after, n, what = next_word(data, at, end, kinds, lower, word, more, skip_invalid)
        stop = TOO_LONG if n > MAX_WORD else _stop(what, more)
        if stop < 0:
            number = _number(word, n, state, slots, hashes, starts, letters, learn) if n else DROPPED
            written = _write(number, what == LINE_END, state, counts, out, written)
        at = (
            after if stop < 0 or stop == INVALID else at
        )  # an unfinished word is read again with what follows
    state[POSITION], state[TOKENS] = at, written
    return max(stop, DONE)


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
