"""A fitted column of categories: integer codes, with places for what is rare, unseen or missing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int
from sklearn.utils import murmurhash3_32

from netwright.data.columns.interpret import numbers_of
from netwright.data.columns.values import Words
from netwright.data.encoders.coercion import as_words


@dataclass(eq=False)
class CategoryColumn:
    """A column of categories as it was fitted.

    The codes are, in this order: one per level that is kept, sorted; the tail, for levels that were rare,
    passed over or unseen (one code, or several buckets among which a hash of the level chooses); and one for
    missing values where some were missing at fitting (else a missing value counts as unseen).

    Args:
        name: the column's name.
        levels: the levels that are kept, sorted.
        n_tail: codes for all other levels.
        n_rare: how many different levels fell into the tail at fitting.
        missing_seen: whether values were missing at fitting.

    Example:
        >>> words = Words(np.array([0, 0, 1, 2, -1]), np.array(["red", "blue", "pink"], dtype=object))
        >>> column = fit_category_column("colour", words, min_count=2)
        >>> column.levels, column.cardinality, column.encode(words)
        (['red'], 3, array([0, 0, 1, 1, 2]))
    """

    name: str
    levels: list[str]
    n_tail: int
    n_rare: int
    missing_seen: bool

    @property
    def cardinality(self) -> int:
        """How many codes there are."""
        return len(self.levels) + self.n_tail + self.missing_seen

    @property
    def hashed(self) -> bool:
        """Whether a hash chooses among several codes of the tail."""
        return self.n_tail > 1

    @property
    def unlearned(self) -> list[int]:
        """Codes that no training row had: those of the tail where no level fell into it."""
        return [] if self.n_rare else [len(self.levels) + place for place in range(self.n_tail)]

    @property
    def names(self) -> list[str]:
        """Names of the output columns."""
        return [self.name]

    @property
    def code_names(self) -> list[str]:
        """What each code stands for."""
        tail = [f"(bucket {n})" for n in range(self.n_tail)] if self.hashed else ["(rare)"]
        return [*self.levels, *tail, *(["(missing)"] if self.missing_seen else [])]

    def read(self, column: Any) -> Words:
        """Return a new column as words."""
        return as_words(self.name, column, self.levels)

    def encode(self, words: Words) -> Int[np.ndarray, "rows"]:
        """Return the code of each row."""
        codes = pd.Index(self.levels, dtype=object).get_indexer(pd.Index(words.levels, dtype=object))
        for position in np.flatnonzero(codes < 0) if self.hashed else ():
            codes[position] = len(self.levels) + bucket_of(words.levels[position], self.n_tail)
        codes[codes < 0] = len(self.levels)
        missing = len(self.levels) + (self.n_tail if self.missing_seen else 0)
        chosen: np.ndarray = np.append(codes, missing).astype(np.int64)[words.codes]
        return chosen

    def write(self, values: Words, out: Float32[np.ndarray, "rows outputs"]) -> None:
        """Write the codes into the output column."""
        out[:, 0] = self.encode(values)


def fit_category_column(
    name: str, words: Words, *, min_count: int = 1, max_levels: int | None = None, n_buckets: int = 1
) -> CategoryColumn:
    """Fit a column of categories.

    Args:
        name: the column's name.
        words: its values.
        min_count: a level that fewer rows hold is rare.
        max_levels: when more levels than this are left, only the most frequent are kept, and all others,
            seen or not, are hashed; None keeps all.
        n_buckets: codes among which the hash chooses.

    Example:
        >>> words = Words(np.array([0, 0, 1, 2]), np.array(["red", "blue", "pink"], dtype=object))
        >>> fit_category_column("colour", words, max_levels=1, n_buckets=4).cardinality
        5
    """
    counts = words.counts
    kept = words.levels[counts >= max(1, min_count)]
    n_tail = 1
    if max_levels is not None and len(kept) > max_levels:
        n_tail = max(1, n_buckets)
        # the most frequent first, equals by name, so that the order of rows does not matter
        order = np.lexsort((kept.astype(str), -counts[counts >= max(1, min_count)]))
        kept = kept[order[:max_levels]]
    n_rare = int((counts > 0).sum()) - len(kept)
    return CategoryColumn(name, sorted_levels(kept), n_tail, n_rare, words.n_missing > 0)


def sorted_levels(levels: np.ndarray) -> list[str]:
    """Return levels sorted by size where all of them are numbers, else as words.

    Args:
        levels: distinct words.

    Example:
        >>> sorted_levels(np.array(["10", "9"], dtype=object))
        ['9', '10']
    """
    numbers = numbers_of(levels)
    if len(levels) and not np.isnan(numbers).any():
        return [str(level) for level in levels[np.lexsort((levels.astype(str), numbers))]]
    return sorted(str(level) for level in levels)


def bucket_of(level: str, n_buckets: int) -> int:
    """Return the bucket of a level, by a hash that is the same everywhere (MurmurHash3 of its UTF-8 bytes).

    Args:
        level: the level.
        n_buckets: how many buckets.

    Example:
        >>> bucket_of("red", 8)
        3

    Source:
        Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning", arXiv:0902.2206.
    """
    return abs(int(murmurhash3_32(level, seed=0))) % n_buckets
