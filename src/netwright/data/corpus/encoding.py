"""From a source of text to one stream of word numbers, in memory or, when it is large, in a file."""

import tempfile
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from netwright.data.corpus.scanning import (
    DROPPED,
    FULL,
    GROW,
    INVALID,
    LINES,
    POSITION,
    SENTENCE_END,
    TOKENS,
    WordTable,
    renumber,
)
from netwright.data.corpus.sources import CorpusError, Place, pieces
from netwright.data.corpus.tokenizer import BETWEEN, MAX_WORD, Tokenizer, token_tables
from netwright.data.corpus.vocabulary import Vocabulary

IN_MEMORY = 1 << 26
"""Tokens of a stream that is kept in memory; a longer one is kept in a temporary file."""
AT_ONCE = 1 << 20


@final
class TokenStream:
    """Sentences one after the other as numbers of words, each sentence ended by -1.

    Args:
        ids: (tokens,), numbers of words and -1 at the end of each sentence.

    Example:
        >>> stream = TokenStream(np.array([0, 1, -1, 1, -1], np.int32))
        >>> stream.n_words, stream.n_sentences, [one.tolist() for one in stream.sentences()]
        (3, 2, [[0, 1], [1]])
    """

    def __init__(self, ids: NDArray[np.int32]) -> None:
        self.ids = ids

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each sentence ends."""
        return np.flatnonzero(self.ids == SENTENCE_END)

    @property
    def n_sentences(self) -> int:
        """How many sentences there are, empty ones included."""
        return int(np.count_nonzero(self.ids == SENTENCE_END))

    @property
    def n_words(self) -> int:
        """How many words there are."""
        return len(self.ids) - self.n_sentences

    def sentences(self) -> Iterator[NDArray[np.int32]]:
        """Yield the word numbers of one sentence after the other."""
        start = 0
        for end in self.ends.tolist():
            yield self.ids[start:end]
            start = end + 1

    def cuts(self, n_parts: int) -> list[int]:
        """Return where to cut the stream into parts of about one length, at ends of sentences.

        Args:
            n_parts: 1 or more; fewer come where there are not as many sentences.

        Example:
            >>> TokenStream(np.array([0, 1, -1, 1, -1], np.int32)).cuts(2)
            [0, 3, 5]
        """
        n, found = len(self.ids), [0]
        for part in range(1, n_parts):
            place = self._next_end(max(found[-1], n * part // n_parts))
            if found[-1] < place + 1 < n:
                found.append(place + 1)
        return [*found, n]

    def _next_end(self, place: int) -> int:
        """Where the sentence of a place ends."""
        while place < len(self.ids):
            ends = np.flatnonzero(self.ids[place : place + AT_ONCE] == SENTENCE_END)
            if len(ends):
                return place + int(ends[0])
            place += AT_ONCE
        return len(self.ids)


def read_corpus(
    source: Any, *, min_count: int = 5, tokenizer: Tokenizer | None = None, column: str | None = None
) -> tuple[Vocabulary, TokenStream]:
    """Return the words of a corpus, frequent ones first, and the corpus as their numbers.

    The text is read and tokenised once, a few megabytes at a time. The numbers take 4 bytes a token and stand
    in a temporary file from 64 million tokens on.

    Args:
        source: a file (plain, .gz, or a table), a folder of files, a data frame, or an iterable of texts
            or of lists of tokens. Each line of a file, row of a table and item of an iterable is a sentence.
        min_count: rarer words are left out.
        tokenizer: how text is cut into words; lists of tokens are taken as they are.
        column: of the tables or the data frame, where the source is one.

    Raises:
        CorpusError: when the source cannot be read, holds bytes that are no UTF-8 or a word of more than 1024
            bytes, or no word comes often enough.

    Example:
        >>> vocabulary, stream = read_corpus(["a rose is a rose", "is it?"], min_count=2)
        >>> vocabulary.words, stream.ids.tolist()
        (['a', 'rose', 'is'], [0, 1, 2, 0, 1, -1, 2, -1])
    """
    table = WordTable()
    ids = _read(source, table, tokenizer or Tokenizer(), column, learn=True)
    counts = table.counts[: table.n_words]
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= min_count]
    if not len(order):
        most = int(counts.max(initial=0))
        raise CorpusError(
            f"the corpus must hold words that come {min_count} times or more",
            f"{int(counts.sum())} words, of which the commonest comes {most} times",
            "lower min_count, or give more text",
        )
    numbers = np.full(table.n_words, DROPPED, np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    vocabulary = Vocabulary(table.words(order), counts[order])
    return vocabulary, TokenStream(ids[: renumber(ids, numbers)])


def encode_corpus(
    source: Any, vocabulary: Vocabulary, *, tokenizer: Tokenizer | None = None, column: str | None = None
) -> TokenStream:
    """Return a corpus as numbers of known words; unknown ones are left out.

    Args:
        source: as for `read_corpus`.
        vocabulary: the known words.
        tokenizer: as for `read_corpus`.
        column: as for `read_corpus`.

    Raises:
        CorpusError: as for `read_corpus`, but for words that are too rare.

    Example:
        >>> encode_corpus(["the rose", ""], Vocabulary(["rose"])).ids.tolist()
        [0, -1, -1]
    """
    table = WordTable()
    words = [_as_token(word, number) for number, word in enumerate(vocabulary.words)]
    for at in range(0, len(words), AT_ONCE // 4):
        _fill(table, BETWEEN.join(words[at : at + AT_ONCE // 4]).encode())
    return TokenStream(_read(source, table, tokenizer or Tokenizer(), column, learn=False))


def _as_token(word: str, number: int) -> str:
    """A word as it is met in a corpus; words that no corpus holds keep their places under other names."""
    code = word.encode(errors="replace")
    is_met = 0 < len(code) <= MAX_WORD and not {"\n", BETWEEN} & set(word) and code.decode() == word
    return word if is_met else f"\0{number}"


def _fill(table: WordTable, data: bytes) -> None:
    """Learn words that are joined by `BETWEEN`."""
    array, out = np.frombuffer(data, np.uint8), np.empty(AT_ONCE, np.int32)
    table.state[POSITION] = 0
    while (status := table.scan(array, token_tables(), out, (False, False, True))) in (FULL, GROW):
        table.state[TOKENS] = 0
        if status == GROW:
            table.grow()
    table.state[TOKENS] = 0


def _read(
    source: Any, table: WordTable, how: Tokenizer, column: str | None, *, learn: bool
) -> NDArray[np.int32]:
    """The numbers of all words of a source."""
    tokens, parts = pieces(source, column)
    tables = token_tables() if tokens else how.tables()
    kept, rest, place = _Growing(), b"", None
    out = np.empty(AT_ONCE, np.int32)
    for place_now, piece in parts:
        if place_now != place:
            place, table.state[LINES] = place_now, 0
        rest = _scan(table, rest + piece, tables, how, out, kept, place_now, learn=learn)
    kept.add(out[: table.state[TOKENS]])  # each source ends its last line, so that there is no rest
    return kept.whole()


def _scan(
    table: WordTable, data: bytes, tables: Any, how: Tokenizer, out: NDArray[np.int32], kept: "_Growing",
    place: Place, *, learn: bool,
) -> bytes:  # fmt: skip
    """Scan a piece; returns its end, which belongs to a word that goes on."""
    table.state[POSITION] = 0
    array = np.frombuffer(data, np.uint8)
    while status := table.scan(array, tables, out, (True, how.skip_invalid, learn)):
        if status == FULL:
            kept.add(out[: table.state[TOKENS]])
            table.state[TOKENS] = 0
        elif status == GROW:
            table.grow()
        else:
            raise _bad(status, data, int(table.state[POSITION]), place.called(int(table.state[LINES]) + 1))
    return data[int(table.state[POSITION]) :]


def _bad(status: int, data: bytes, at: int, where: str) -> CorpusError:
    if status == INVALID:
        return CorpusError(
            "text must be UTF-8", f"the byte 0x{data[at]:02x} in {where}",
            "convert the file, or skip such bytes with Tokenizer(skip_invalid=True)",
        )  # fmt: skip
    return CorpusError(
        f"words must have {MAX_WORD} bytes at most",
        f"a longer one in {where}, which begins with {data[at : at + 24]!r}",
        "is this text? Cut it into words first",
    )


class _Growing:
    """Numbers that are added to, first in memory and then in a file."""

    def __init__(self) -> None:
        self.array, self.n = np.empty(AT_ONCE, np.int32), 0
        self.file: Any = None

    def add(self, ids: NDArray[np.int32]) -> None:
        if self.file is None and self.n + len(ids) > IN_MEMORY:
            self.file = tempfile.TemporaryFile(suffix=".tokens")  # noqa: SIM115 (lives as long as its map)
            self.array[: self.n].tofile(self.file)
        if self.file is not None:
            ids.tofile(self.file)
        else:
            if self.n + len(ids) > len(self.array):
                longer = np.empty(2 * len(self.array), np.int32)  # what nobody wrote yet takes no memory
                longer[: self.n] = self.array[: self.n]
                self.array = longer
            self.array[self.n : self.n + len(ids)] = ids
        self.n += len(ids)

    def whole(self) -> NDArray[np.int32]:
        if self.file is None:
            return self.array[: self.n]
        self.file.flush()
        return np.memmap(self.file, np.int32, "r+", shape=(self.n,))
