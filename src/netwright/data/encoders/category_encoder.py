"""Categories as numbers: ordinal codes, one-hot columns, a rare bucket, hashed buckets."""

from dataclasses import dataclass
from typing import Any, Literal, Self, final

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import TableError
from netwright.data.columns.kinds import as_stated
from netwright.data.columns.values import read_values
from netwright.data.encoders.category_column import CategoryColumn, fit_category_column
from netwright.data.readers.frames import to_frame
from netwright.data.wording import listed


@final
@dataclass(eq=False, repr=False)
class CategoryEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Encode columns of categories as codes or as one-hot columns.

    Use codes for embeddings and trees, one-hot columns for linear models and plain nets. Each named encoding
    is a setting: `CategoryEncoder()` is the ordinal (label) encoder, `output="one-hot"` the one-hot encoder,
    a `min_count` above 1 adds the bucket for rare levels, and `max_levels=0` with `n_buckets` is the hashing
    encoder, whose buckets serve levels that were never seen as well.

    Codes stand for the kept levels, sorted; then the tail of rare and unseen levels; then missing values,
    where there were some. One-hot columns stand for the same codes, without a tail that nothing fell into.

    Args:
        output: "codes" or "one-hot".
        min_count: a level that fewer rows hold falls into the tail.
        max_levels: when more levels than this are left, only the most frequent are kept and all others are
            hashed; None keeps all.
        n_buckets: buckets of the hash.

    Raises:
        TableError: when a column that was fitted is lacking, or a setting is out of its range.

    Example:
        >>> table = {"colour": ["red", "red", "blue", "pink"]}
        >>> CategoryEncoder().fit_transform(table).ravel()
        array([2, 2, 0, 1])
        >>> CategoryEncoder(output="one-hot", min_count=2).fit(table).get_feature_names_out().tolist()
        ['colour=red', 'colour=(rare)']

    Source:
        Weinberger et al. (2009), "Feature Hashing for Large Scale Multitask Learning", arXiv:0902.2206.
    """

    output: Literal["codes", "one-hot"] = "codes"
    min_count: int = 1
    max_levels: int | None = None
    n_buckets: int = 1

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the levels of every column.

        Args:
            X: a table; every column of it is taken as categories.
            y: passed over.
        """
        self._check()
        frame = to_frame(X)
        self.columns_ = [
            fit_category_column(
                name,
                as_stated(read_values(name, frame[name])),
                min_count=self.min_count,
                max_levels=self.max_levels,
                n_buckets=self.n_buckets,
            )
            for name in frame.columns
        ]
        self.feature_names_in_ = np.array(frame.columns, dtype=object)
        self.n_features_in_ = len(self.columns_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return int64 codes, one column each, or float32 one-hot columns.

        Args:
            X: a table with the columns that were fitted.
        """
        check_is_fitted(self)
        frame = to_frame(X)
        lacking = [column.name for column in self.columns_ if column.name not in frame.columns]
        if lacking:
            came = f"one without {listed(lacking)}"
            raise TableError("the table must have the columns that were fitted", came, "add them")
        codes = [column.encode(as_stated(column.read(frame[column.name]))) for column in self.columns_]
        if self.output == "codes":
            return np.stack(codes, axis=1)
        return np.concatenate(list(map(_one_hot, self.columns_, codes)), axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        if self.output == "codes":
            return self.feature_names_in_.copy()
        names = [f"{c.name}={c.code_names[code]}" for c in self.columns_ for code in _hot_codes(c)]
        return np.array(names, dtype=object)

    def _check(self) -> None:
        if self.output not in ("codes", "one-hot"):
            raise TableError("output must be 'codes' or 'one-hot'", repr(self.output), "choose one of these")
        if self.min_count < 1 or self.n_buckets < 1 or (self.max_levels is not None and self.max_levels < 0):
            came = f"min_count={self.min_count}, max_levels={self.max_levels}, n_buckets={self.n_buckets}"
            expected = "min_count and n_buckets must be at least 1, max_levels at least 0"
            raise TableError(expected, came, "raise what is too low")


def _hot_codes(column: CategoryColumn) -> list[int]:
    """Return the codes that have a one-hot column: all, but for an empty tail."""
    n_levels = len(column.levels)
    empty_tail = not column.hashed and column.n_rare == 0
    return [code for code in range(column.cardinality) if not (empty_tail and code == n_levels)]


def _one_hot(column: CategoryColumn, codes: np.ndarray) -> np.ndarray:
    place = np.full(column.cardinality, -1)
    hot = _hot_codes(column)
    place[hot] = np.arange(len(hot))
    out = np.zeros((len(codes), len(hot)), dtype=np.float32)
    rows = np.flatnonzero(place[codes] >= 0)
    out[rows, place[codes[rows]]] = 1
    return out
