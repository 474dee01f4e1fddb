"""Sentences in the order of their stories, as numbers of words."""

from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import Tokenizer, Vocabulary, read_corpus
from netwright.embeddings.context.reading import listed, padded, read_tokens, starts_of
from netwright.embeddings.context.word_language_model import number_words

PADDING, UNKNOWN, END = range(3)
N_MARKS = 3
"""Numbers that stand for no word."""
LONGEST = 64
"""Words of a sentence that are read."""


@final
class Sentences(NamedTuple):
    """Sentences one behind the other.

    Args:
        ids: numbers of words.
        starts: where each sentence begins.
        lengths: in words.
        stories: number of the story of each.

    Example:
        >>> found = Sentences(np.array([5, 6, 7]), np.array([0, 2]), np.array([2, 1]), np.array([0, 0]))
        >>> found.rows(np.array([0, 1]), end=True).tolist()
        [[5, 6, 2], [7, 2, 0]]
    """

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    stories: NDArray[np.int64]

    def rows(self, some: NDArray[np.int64], *, end: bool = False) -> NDArray[np.int64]:
        """Return some sentences as rows with zeros behind; a row of zeros for the number -1.

        Args:
            some: numbers of sentences, or -1.
            end: whether a mark stands behind each.
        """
        there = some >= 0
        lengths = np.where(there, self.lengths[some], 0)
        found = padded(self.ids, self.starts[some], lengths)
        if end:
            found = np.pad(found, ((0, 0), (0, 1)))
            found[np.arange(len(some)), lengths] = np.where(there, END, PADDING)
        return found

    def beside(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the number of the sentence before and behind each, -1 where the story has none.

        Example:
            >>> found = Sentences(np.array([5, 6]), np.array([0, 1]), np.array([1, 1]), np.array([0, 0]))
            >>> [one.tolist() for one in found.beside()]
            [[-1, 0], [1, -1]]
        """
        numbers = np.arange(len(self.lengths))
        same = self.stories[1:] == self.stories[:-1]
        before, after = np.full(len(numbers), -1), np.full(len(numbers), -1)
        before[1:][same], after[:-1][same] = numbers[:-1][same], numbers[1:][same]
        return before, after


def learn_sentences(
    X: Any, stories: Any, min_count: int, tokenizer: Tokenizer | None
) -> tuple[Vocabulary, Sentences]:
    """Return the words of sentences, and the sentences as their numbers, without those that are empty.

    Args:
        X: sentences in their order, texts or lists of tokens.
        stories: what tells the story of each; None where all are of one.
        min_count: rarer words are unknown ones.
        tokenizer: how texts are cut into words.

    Raises:
        CorpusError: when no word comes often enough.
        InputError: when there is not one story for each sentence, or none stands beside another.

    Example:
        >>> words, found = learn_sentences(["a b", "", "b"], None, 1, None)
        >>> words.words, found.lengths.tolist()
        (['b', 'a'], [2, 1])
    """
    texts = listed(X)
    if stories is None:
        numbers = np.zeros(len(texts), np.int64)
    else:
        numbers = np.unique(np.asarray(list(stories)), return_inverse=True)[1].astype(np.int64)
    if len(numbers) != len(texts):
        came = f"{len(numbers)} for {len(texts)}"
        raise InputError("stories must be one for each sentence", came, "give as many")
    vocabulary, _ = read_corpus(texts, min_count=min_count, tokenizer=tokenizer)
    found = encode_sentences(texts, vocabulary, tokenizer)
    kept = found.lengths > 0
    found = Sentences(found.ids, found.starts[kept], found.lengths[kept], numbers[kept])
    if not (found.stories[1:] == found.stories[:-1]).any():
        raise InputError(
            "some sentence must stand behind another of its story",
            f"{len(found.lengths)} sentences that have words, no two of one story in a row",
            "give texts as sentences in their order",
        )
    return vocabulary, found


def encode_sentences(X: Any, vocabulary: Vocabulary, tokenizer: Tokenizer | None) -> Sentences:
    """Return sentences as numbers of known words.

    Args:
        X: texts or lists of tokens.
        vocabulary: the known words.
        tokenizer: how texts are cut into words.

    Raises:
        CorpusError: when X is neither.

    Example:
        >>> encode_sentences(["b what"], Vocabulary(["a", "b"]), None).ids.tolist()
        [4, 1]
    """
    words, numbers, lengths = number_words(read_tokens(X, tokenizer))
    table = np.array([_number(vocabulary, word) for word in words], np.int64)
    ids = table[numbers] if len(words) else np.zeros(0, np.int64)
    stories = np.zeros(len(lengths), np.int64)
    return Sentences(ids, starts_of(lengths), np.minimum(lengths, LONGEST), stories)


def _number(vocabulary: Vocabulary, word: str) -> int:
    number = vocabulary.get(word)
    return UNKNOWN if number is None else number + N_MARKS
