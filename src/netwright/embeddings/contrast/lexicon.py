"""Lists of pairs of words as compiled code wants them, and which contexts each word is known by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError
from netwright.data import TokenStream, Vocabulary


@final
@dataclass(frozen=True)
class Linked:
    """Numbers that belong to each word, one word's behind the other's.

    Args:
        starts: (words + 1), where each word's begin.
        ids: sorted for each word.

    Example:
        >>> linked = Linked.of_pairs(np.array([[2, 0], [0, 1]]), 3)
        >>> linked.starts.tolist(), linked.ids.tolist()
        ([0, 1, 1, 2], [1, 0])
    """

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]

    @classmethod
    def of_pairs(cls, pairs: NDArray[Any], n_words: int) -> "Linked":
        """Return what stands second in pairs, by what stands first.

        Args:
            pairs: (pairs, 2).
            n_words: words there are.
        """
        pairs = np.unique(pairs.reshape(-1, 2), axis=0)
        starts = np.concatenate([[0], np.cumsum(np.bincount(pairs[:, 0], minlength=n_words))])
        return cls(starts.astype(np.int64), pairs[:, 1].astype(np.int32))


def both_ways(name: str, pairs: Iterable[Any], vocabulary: Vocabulary) -> NDArray[np.int64]:
    """Return pairs of known words as numbers, each pair both ways round, (pairs, 2).

    Args:
        name: of the argument, for messages.
        pairs: of words; those with an unknown word are left out, as lists of words know more than a corpus.
        vocabulary: the known words.

    Raises:
        InputError: when something else than a pair of words is among them.

    Example:
        >>> both_ways("synonyms", [("good", "fine"), ("good", "grand")], Vocabulary(["fine", "good"]))
        array([[1, 0],
               [0, 1]])
    """
    known = []
    for number, pair in enumerate(pairs):
        if isinstance(pair, str) or len(pair) != 2 or not all(isinstance(word, str) for word in pair):
            raise InputError(
                f"{name} must be pairs of words", f"{pair!r:.40} at {number}", "give (word, word)"
            )
        first, second = vocabulary.get(pair[0]), vocabulary.get(pair[1])
        if first is not None and second is not None and first != second:
            known += [(first, second), (second, first)]
    return np.array(known, np.int64).reshape(-1, 2)


def telling_contexts(stream: TokenStream, words: NDArray[np.int64], n_words: int, window: int) -> Linked:
    """Return for some words the contexts that come with them more often than by chance.

        PMI(w, c) = log( n(w, c) N / (n(w) n(c)) ) > 0,   n(w, c): how often c stands within a window of w

    Args:
        stream: of word numbers.
        words: of which contexts are wanted.
        n_words: words there are.
        window: words to each side.

    Example:
        >>> stream = TokenStream(np.array([0, 1, -1, 0, 1, -1, 2, 3, -1], np.int32))
        >>> telling_contexts(stream, np.array([0]), 4, window=1).ids.tolist()
        [1]
    """
    ids = stream.ids.astype(np.int64)
    sentence = np.cumsum(ids < 0)
    wanted = np.zeros(n_words, bool)
    wanted[words] = True
    keys, n_of = [], np.zeros(n_words)
    for distance in range(1, window + 1):
        near = (ids[:-distance] >= 0) & (ids[distance:] >= 0) & (sentence[:-distance] == sentence[distance:])
        left, right = ids[:-distance][near], ids[distance:][near]
        n_of += np.bincount(left, minlength=n_words) + np.bincount(right, minlength=n_words)
        for one, other in ((left, right), (right, left)):
            keys.append(one[wanted[one]] * n_words + other[wanted[one]])
    pairs, counts = np.unique(np.concatenate(keys), return_counts=True)
    first, second = pairs // n_words, pairs % n_words
    telling = counts * n_of.sum() > n_of[first] * n_of[second]
    return Linked.of_pairs(np.stack([first[telling], second[telling]], axis=1), n_words)
