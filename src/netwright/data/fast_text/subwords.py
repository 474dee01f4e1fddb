"""Words as bags of character n-grams, which are counted into buckets by a hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

END = "</s>"
"""What fastText's program puts at the end of each line."""


@final
@dataclass(frozen=True)
class Subwords:
    """Which character n-grams a word has, and in which of many buckets each of them lies.

    A word stands between < and >; its n-grams are counted in characters and hashed by their bytes, as
    fastText's program does it (FNV-1a, whose bytes above 127 count as negative). The mark `</s>` of the end
    of a sentence has none.

    Args:
        shortest: characters of the shortest n-grams, 1 or more.
        longest: characters of the longest; 0 for no n-grams.
        buckets: n-grams that fall into one bucket share a vector.

    Example:
        >>> Subwords(3, 3, 1000).ngrams("where")
        ['<wh', 'whe', 'her', 'ere', 're>']

    Source:
        Bojanowski, Grave, Joulin and Mikolov (2017), "Enriching Word Vectors with Subword Information",
        arXiv:1607.04606
    """

    shortest: int = 3
    longest: int = 6
    buckets: int = 2_000_000

    def ngrams(self, word: str) -> list[str]:
        """Return the n-grams of a word, without single bounds.

        Args:
            word: any.
        """
        whole, found = "" if word == END else f"<{word}>", []
        for start in range(len(whole)):
            for n in range(self.shortest, self.longest + 1):
                edge = n == 1 and (start == 0 or start == len(whole) - 1)
                if start + n <= len(whole) and not edge:
                    found.append(whole[start : start + n])
        return found

    def buckets_of(self, words: Sequence[str | bytes]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the buckets of the n-grams of many words.

        Args:
            words: any, as text or as bytes of UTF-8.

        Returns:
            (starts, buckets): those of word i stand in buckets[starts[i] : starts[i + 1]].

        Example:
            >>> starts, buckets = Subwords(3, 3, 2_000_000).buckets_of(["where"])
            >>> starts.tolist(), buckets.tolist()
            ([0, 5], [167652, 420941, 1473420, 1529033, 867498])
        """
        whole = [_between_bounds(word.encode() if isinstance(word, str) else word) for word in words]
        ends = np.cumsum([len(one) for one in whole], dtype=np.int64)
        letters = np.frombuffer(b"".join(whole), np.uint8)
        longest = min(self.longest, max(map(len, whole), default=0))
        n = len(letters) * max(0, longest - self.shortest + 1)
        starts, found = np.zeros(len(words) + 1, np.int64), np.empty(n, np.int32)
        total = _hash_ngrams(letters, ends, self.shortest, longest, max(1, self.buckets), starts, found)
        return starts, found[:total].copy()


def _between_bounds(word: bytes) -> bytes:
    return b"" if word == END.encode() else b"<" + word + b">"


@njit(nogil=True, cache=True)
def _hash_ngrams(
    letters: Any, ends: Any, shortest: int, longest: int, buckets: int, starts: Any, found: Any
) -> int:
    n_found, begin = 0, 0
    for word in range(len(ends)):
        end = ends[word]
        for at in range(begin, end):
            if letters[at] & 0xC0 == 0x80:
                continue  # within a character
            code, n, to = np.uint32(2166136261), 0, at
            while to < end and n < longest:
                byte = letters[to]
                signed = np.uint32(byte) if byte < 128 else np.uint32(byte) | np.uint32(0xFFFFFF00)
                code = np.uint32((code ^ signed) * np.uint32(16777619))
                to += 1
                if to < end and letters[to] & 0xC0 == 0x80:
                    continue
                n += 1
                edge = n == 1 and (at == begin or to == end)
                if n >= shortest and not edge:
                    found[n_found] = code % np.uint32(buckets)
                    n_found += 1
        starts[word + 1] = n_found
        begin = end
    return n_found
