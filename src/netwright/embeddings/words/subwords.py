"""Words as bags of character n-grams, which are counted into buckets by a hash."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numba import njit
from numpy.typing import NDArray


@final
@dataclass(frozen=True)
class Subwords:
    """Which character n-grams a word has, and in which of many buckets each of them lies.

    A word stands between < and >; its n-grams are counted in characters and hashed by their bytes, as
    fastText's program does it (FNV-1a, whose bytes above 127 count as negative).

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
        whole, found = f"<{word}>", []
        for start in range(len(whole)):
            for n in range(self.shortest, self.longest + 1):
                edge = n == 1 and (start == 0 or start == len(whole) - 1)
                if start + n <= len(whole) and not edge:
                    found.append(whole[start : start + n])
        return found

    def buckets_of(self, words: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the buckets of the n-grams of many words.

        Args:
            words: any.

        Returns:
            (starts, buckets): those of word i stand in buckets[starts[i] : starts[i + 1]].

        Example:
            >>> starts, buckets = Subwords(3, 3, 2_000_000).buckets_of(["where"])
            >>> starts.tolist(), buckets.tolist()
            ([0, 5], [970929, 1016503, 1316503, 1025199, 1064651])
        """
        letters = np.frombuffer("".join(f"<{word}>\n" for word in words).encode(), np.uint8)
        n = len(letters) * max(0, self.longest - self.shortest + 1)
        starts, found = np.zeros(len(words) + 1, np.int64), np.empty(n, np.int32)
        total = _hash_ngrams(letters, self.shortest, self.longest, max(1, self.buckets), starts, found)
        return starts, found[:total].copy()


@njit(nogil=True, cache=True)
def _hash_ngrams(letters: Any, shortest: int, longest: int, buckets: int, starts: Any, found: Any) -> int:
    n_found, word, begin = 0, 0, 0
    for end in range(len(letters)):
        if letters[end] != 10:
            continue
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
        word += 1
        starts[word] = n_found
        begin = end + 1
    return n_found
