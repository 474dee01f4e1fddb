"""Phrases: pairs of words that come together more often than chance has it become one token."""

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import InputError
from netwright.data.corpus import Tokenizer, TokenStream, Vocabulary, read_corpus
from netwright.data.corpus.scanning import renumber
from netwright.data.phrases.counting import PhraseTable, candidates, choose, word_keys
from netwright.data.phrases.scores import discounted_phrase_score

ENGLISH_CONNECTORS = frozenset(
    "a an the for of with without at from to in on by and or".split()  # noqa: SIM905 (reads well)
)
"""Words that English phrases may hold, but neither begin nor end with."""
AT_ONCE = 1 << 20
"""Words that are looked at together."""


@final
@dataclass(eq=False, repr=False)
class Phrases(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Words that belong together, found by their counts and joined to one token.

    Use it before word vectors are learned, so that "new york" has one of its own. Fit and transform again
    what came out, and phrases of three and four words are found. Counting and joining are compiled; what they
    need of memory are the different pairs, and 4 bytes for each word that is joined.

        joined where scoring(n_a, n_b, n_ab) > threshold, from the left

    Args:
        min_count: a pair that comes so often or less is no phrase.
        threshold: the least score; more than 0 for the default scoring, from -1 to 1 for
            `npmi_phrase_score`.
        scoring: `discounted_phrase_score`, `npmi_phrase_score`, or a function with their arguments.
        connectors: words that stand within phrases, as "of" does, but neither begin nor end one;
            `ENGLISH_CONNECTORS` are English ones.
        delimiter: stands between the words of a phrase.
        tokenizer: how texts are cut into words; lists of tokens are taken as they are.

    Raises:
        InputError: when min_count is below 1.
        CorpusError: when the corpus cannot be read.

    Example:
        >>> texts = ["in new york it rains", "the mayor of new york", "new york minster", "a new day"]
        >>> phrases = Phrases(min_count=1, threshold=2).fit(texts)
        >>> phrases.transform(["In New York"]), {key: round(one, 2) for key, one in phrases.phrases_.items()}
        ([['in', 'new_york']], {'new_york': 3.5})

    Source:
        Mikolov et al. (2013), "Distributed Representations of Words and Phrases and their Compositionality",
        arXiv:1310.4546.
    """

    min_count: int = 5
    threshold: float = 10.0
    scoring: Callable[..., NDArray[np.float64]] = discounted_phrase_score
    connectors: Collection[str] = ()
    delimiter: str = "_"
    tokenizer: Tokenizer | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Count words and pairs of a corpus.

        Args:
            X: a path, a folder, an iterable of texts or of lists of tokens, or (vocabulary, stream) of
                `read_corpus` with min_count=1.
            y: not used.
        """
        if self.min_count < 1:
            raise InputError("min_count must be 1 or more", str(self.min_count), "raise it")
        vocabulary, stream = self._read(X)
        known = _Words(vocabulary, self)
        self.table_, counts = PhraseTable(), np.zeros(len(vocabulary), np.int64)
        for ids, keys, _ in known.candidates(stream):
            self.table_.add(keys, np.ones(len(keys), np.int64))
            counts += np.bincount(ids[ids >= 0], minlength=len(counts))
        counts[known.connects] = 0
        self.table_.add(known.keys[counts > 0], counts[counts > 0])
        self.n_words_ = stream.n_words
        self.phrases_ = self._phrases(known, stream)
        return self

    def transform(self, X: Any) -> list[list[str]]:
        """Return texts as lists of tokens, phrases among them.

        Args:
            X: as for `fit`.
        """
        check_is_fitted(self)
        vocabulary, stream = self.join(*self._read(X))
        words = np.array([*vocabulary.words, ""], object)
        return [words[one].tolist() for one in stream.sentences()]

    def join(self, vocabulary: Vocabulary, stream: TokenStream) -> tuple[Vocabulary, TokenStream]:
        """Return words and corpus anew, with phrases as words; the quick way for a corpus that was read.

        Args:
            vocabulary: of the stream.
            stream: numbers of words.

        Example:
            >>> stream = TokenStream(np.array([0, 1, -1] * 2, np.int32))
            >>> words = Vocabulary(["new", "york"])
            >>> phrases = Phrases(min_count=1, threshold=0.1).fit((words, stream))
            >>> words, stream = phrases.join(words, stream)
            >>> words.words, stream.ids.tolist()
            (['new_york'], [0, -1, 0, -1])
        """
        check_is_fitted(self)
        known = _Words(vocabulary, self)
        table = {int(key): number for number, key in enumerate(known.keys)}
        words, parts = list(vocabulary.words), []
        for ids, keys, firsts in known.candidates(stream):
            spans = choose(ids, self._scores(known, ids, keys, firsts) > self.threshold, known.connects)
            ends = np.flatnonzero(spans > 0)
            unique, at, which = np.unique(keys[ends], return_index=True, return_inverse=True)
            for key, end in zip(unique.tolist(), ends[at].tolist(), strict=True):
                if key not in table:
                    table[key] = len(words)
                    words.append(known.phrase(ids, end, end - int(spans[end]), self.delimiter))
            joined = ids.copy()
            joined[ends] = np.array([table[key] for key in unique.tolist()], np.int32)[which]
            parts.append(joined[spans >= 0])
        return _anew(words, np.concatenate(parts) if parts else stream.ids[:0])

    def _read(self, X: Any) -> tuple[Vocabulary, TokenStream]:
        if isinstance(X, tuple) and len(X) == 2 and isinstance(X[0], Vocabulary):
            return X
        return read_corpus(X, min_count=1, tokenizer=self.tokenizer)

    def _scores(
        self, known: "_Words", ids: NDArray[np.int32], keys: NDArray[np.uint64], firsts: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Score of the phrase that ends at each place, -inf where none does."""
        scores = np.full(len(ids), -np.inf)
        both = self.table_.counts_of(keys)
        (at,) = np.nonzero(both)
        counts = self.table_.counts_of(known.keys)
        scores[at] = self.scoring(
            counts[firsts[at]], counts[ids[at]], both[at],
            n_types=len(self.table_), n_words=self.n_words_, min_count=self.min_count,
        )  # fmt: skip
        return scores

    def _phrases(self, known: "_Words", stream: TokenStream) -> dict[str, float]:
        found: dict[int, tuple[str, float]] = {}
        for ids, keys, firsts in known.candidates(stream):
            scores = self._scores(known, ids, keys, firsts)
            (ends,) = np.nonzero(scores > self.threshold)
            unique, at = np.unique(keys[ends], return_index=True)
            for key, end in zip(unique.tolist(), ends[at].tolist(), strict=True):
                if key not in found:
                    found[key] = known.phrase(ids, end, known.start(ids, end), self.delimiter), scores[end]
        best = sorted(found.values(), key=lambda one: (-one[1], one[0]))
        return {phrase: float(score) for phrase, score in best}


@final
class _Words:
    """The words of one vocabulary, as the counting wants them."""

    def __init__(self, vocabulary: Vocabulary, how: Phrases) -> None:
        self.words = vocabulary.words
        self.keys, self.factors = word_keys(self.words)
        (key,), (factor,) = word_keys([how.delimiter])
        self.between = key, factor
        self.connects = np.array([word in how.connectors for word in self.words], bool)

    def candidates(
        self, stream: TokenStream
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.int32]]]:
        """Part after part of a stream, with the keys of what may be phrases and their first words."""
        cuts = stream.cuts(len(stream.ids) // AT_ONCE + 1)
        for start, end in itertools.pairwise(cuts):
            ids = np.asarray(stream.ids[start:end])
            yield ids, *candidates(ids, (self.keys, self.factors), self.between, self.connects)

    def start(self, ids: NDArray[np.int32], end: int) -> int:
        """Where the phrase begins that ends at a place."""
        start = end - 1
        while self.connects[ids[start]]:
            start -= 1
        return start

    def phrase(self, ids: NDArray[np.int32], end: int, start: int, delimiter: str) -> str:
        """The words from a start to an end as one."""
        return delimiter.join(self.words[one] for one in ids[start : end + 1].tolist())


def _anew(words: list[str], ids: NDArray[np.int32]) -> tuple[Vocabulary, TokenStream]:
    """Words that come, the frequent ones first, and the stream of their numbers."""
    counts = np.bincount(ids[ids >= 0], minlength=len(words))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    numbers = np.zeros(len(words), np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    renumber(ids, numbers)
    return Vocabulary([words[one] for one in order.tolist()], counts[order]), TokenStream(ids)
