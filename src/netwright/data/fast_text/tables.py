"""What a file of fastText's program holds: settings, words and labels, and two tables."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import ModelError
from netwright.data.fast_text.subwords import Subwords

HIERARCHICAL, NEGATIVES, SOFTMAX, ONE_VERSUS_ALL = 1, 2, 3, 4
"""Numbers of losses."""
CBOW, SKIP_GRAM, SUPERVISED = 1, 2, 3
"""Numbers of models."""


@final
@dataclass(frozen=True)
class FastTextSettings:
    """Settings in the order in which a file holds them.

    Args:
        width: numbers in a vector.
        window: words to each side.
        epochs: passes over the corpus.
        min_count: rarer words were left out.
        negatives: words that were drawn for each right one.
        word_ngrams: words of the longest n-gram of words.
        loss: 1 hierarchical softmax, 2 negative sampling, 3 softmax, 4 one against all.
        model: 1 CBOW, 2 skip-gram, 3 supervised.
        buckets: of n-grams.
        shortest: characters of the shortest n-grams.
        longest: characters of the longest; 0 for none.
        rate_every: words after which the rate was looked at anew.
        subsample: share of the corpus from which on words were thinned out.

    Example:
        >>> FastTextSettings(8, 5, 5, 1, 5, 1, NEGATIVES, SKIP_GRAM, 1000, 3, 6, 100, 1e-4).subwords
        Subwords(shortest=3, longest=6, buckets=1000)
    """

    width: int
    window: int
    epochs: int
    min_count: int
    negatives: int
    word_ngrams: int
    loss: int
    model: int
    buckets: int
    shortest: int
    longest: int
    rate_every: int
    subsample: float

    @property
    def subwords(self) -> Subwords:
        """Which n-grams words have."""
        return Subwords(self.shortest, self.longest if self.buckets else 0, self.buckets)


@final
@dataclass(frozen=True, eq=False)
class FastTextTables:
    """A model of fastText's program.

    Args:
        settings: of the model.
        words: as bytes, in the order of their rows.
        counts: of each word.
        labels: as bytes; none where the model is not supervised.
        label_counts: of each label.
        n_tokens: of the corpus.
        pruned: (n-grams, 2): bucket, and row behind those of the words; None where every bucket has a row.
        inputs: (words and n-grams, width).
        outputs: of the words or labels that are told.
        quantised: whether the tables were kept as codes, of which they are what is left.

    Raises:
        ModelError: when the parts do not fit each other.
    """

    settings: FastTextSettings
    words: list[bytes]
    counts: NDArray[np.int64]
    labels: list[bytes]
    label_counts: NDArray[np.int64]
    n_tokens: int
    pruned: NDArray[np.int32] | None
    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]
    quantised: bool = False

    def __post_init__(self) -> None:
        behind = self.settings.buckets if self.pruned is None else len(self.pruned)
        wanted, came = (len(self.words) + behind, self.settings.width), self.inputs.shape
        told = len(self.labels) if self.settings.model == SUPERVISED else len(self.words)
        fits = came == wanted and self.outputs.shape == (told, self.settings.width)
        if fits and self.pruned is not None and len(self.pruned):
            low, high = self.pruned.min(0), self.pruned.max(0)
            fits = low.min() >= 0 and high[0] < self.settings.buckets and high[1] < len(self.pruned)
        if not fits:
            raise ModelError(
                f"the tables of fastText must be {wanted} and {(told, self.settings.width)}",
                f"{came} and {self.outputs.shape}",
                "the file is damaged: fetch or save it again",
            )

    @cached_property
    def numbers(self) -> dict[bytes, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def _rows_of_buckets(self) -> NDArray[np.int32] | None:
        if self.pruned is None:
            return None
        rows = np.full(self.settings.buckets, -1, np.int32)
        rows[self.pruned[:, 0]] = self.pruned[:, 1]
        return rows

    def rows_of_buckets(self, buckets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of n-grams by their buckets; -1 where an n-gram was pruned.

        Args:
            buckets: 0 and up.
        """
        rows = buckets if self._rows_of_buckets is None else self._rows_of_buckets[buckets].astype(np.int64)
        told: NDArray[np.int64] = np.where(rows < 0, -1, rows + len(self.words))
        return told

    def parts_of(self, words: list[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of each word: its own where it is known, then those of its n-grams.

        Args:
            words: any.

        Returns:
            (starts, rows): those of word i stand in rows[starts[i] : starts[i + 1]].
        """
        own = np.array([self.numbers.get(word, -1) for word in words], np.int64)
        starts, buckets = self.settings.subwords.buckets_of(words)
        ngrams = self.rows_of_buckets(buckets.astype(np.int64))
        whole = np.insert(ngrams, starts[:-1], own)  # each word's own row before those of its n-grams
        kept = whole >= 0
        places = starts + np.arange(len(starts))
        before = np.concatenate([[0], np.cumsum(kept)])
        return before[places], whole[kept]
