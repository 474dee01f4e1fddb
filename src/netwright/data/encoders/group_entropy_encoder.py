"""Columns of categories by what stands beside them: the entropy of each group, and what it holds."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any, Literal, Self, final

import numpy as np
from scipy.stats import entropy
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import TableError
from netwright.data.columns.kinds import as_stated
from netwright.data.columns.values import read_values
from netwright.data.encoders.category_column import fit_category_column
from netwright.data.readers.frames import to_frame
from netwright.data.wording import listed


@final
@dataclass(eq=False, repr=False)
class GroupEntropyEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Describe each level of a column by the levels of the other columns that came with it in the fit.

    Use it on tables of categories alone, such as addresses, devices and channels, where a level tells by its
    company what it is: an address with one device is a person, one with hundreds is a company or a fraud.
    For every pair of columns, the rows of one level form a group, and the group is described by how evenly
    the other column's levels are spread in it, or by how often each of them comes in it.

        entropy(f | g = l) = - sum_v p_v ln p_v,   p_v: share of the level v of column f in rows where g is l
        counts(f | g = l): counts of the levels of f in these rows, reduced by a truncated SVD over all groups

    Counting the levels is the same as joining each group's values to one text and counting its words. Levels
    that the fit had not seen get zeros throughout; missing values form a group, where the fit had some.

    Args:
        output: "entropy", "counts", or "both".
        n_components: numbers that are left of each pair's counts; None leaves all counts. A column with no
            more levels than this keeps its counts as they are.
        min_count: a level that fewer rows hold is rare; rare levels form one group.
        random_state: of the truncated SVD.

    Raises:
        TableError: when there is one column alone, one that was fitted is lacking, or a setting is out of
            its range.

    Example:
        >>> clicks = {"address": ["a", "a", "b", "b", "b"], "device": ["x", "y", "x", "x", "x"]}
        >>> encoder = GroupEntropyEncoder(output="entropy").fit(clicks)
        >>> encoder.get_feature_names_out().tolist()
        ['entropy(device | address)', 'entropy(address | device)']
        >>> encoder.transform({"address": ["a", "b", "new"], "device": ["y", "y", "y"]}).round(3)
        array([[0.693, 0.   ],
               [0.   , 0.   ],
               [0.   , 0.   ]])

    Source:
        Cerliani, "Group2Vec for Advance Categorical Encoding", Towards Data Science,
        https://towardsdatascience.com/group2vec-for-advance-categorical-encoding-54dfc7a08349.
    """

    output: Literal["entropy", "counts", "both"] = "both"
    n_components: int | None = 3
    min_count: int = 1
    random_state: Any = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the levels of every column, and how each pair of columns goes together.

        Args:
            X: a table; every column of it is taken as categories.
            y: passed over.
        """
        self._check()
        frame = to_frame(X)
        if frame.shape[1] < 2:
            raise TableError(
                "the table must have two columns or more", f"only {listed(frame.columns)}", "add the others"
            )
        words = [as_stated(read_values(name, frame[name])) for name in frame.columns]
        self.columns_ = [
            fit_category_column(str(name), one, min_count=self.min_count)
            for name, one in zip(frame.columns, words, strict=True)
        ]
        self.feature_names_in_ = np.array(frame.columns, dtype=object)
        self.n_features_in_ = len(self.columns_)
        codes = [column.encode(one) for column, one in zip(self.columns_, words, strict=True)]
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.pairs_ = list(permutations(range(len(codes)), 2))
        self.groups_ = [self._describe(codes, *pair, seed) for pair in self.pairs_]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return what was learned about each row's levels, (rows, outputs) in float64.

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
        looked_up = [
            values[codes[group]] for (group, _), values in zip(self.pairs_, self.groups_, strict=True)
        ]
        return np.concatenate(looked_up, axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        names: list[str] = []
        for (group, other), values in zip(self.pairs_, self.groups_, strict=True):
            inside = f"({self.columns_[other].name} | {self.columns_[group].name})"
            n_counts = values.shape[1] - (self.output != "counts")
            names += [f"entropy{inside}"] if self.output != "counts" else []
            names += [f"counts{inside}[{place}]" for place in range(n_counts)]
        return np.array(names, dtype=object)

    def _describe(self, codes: list[np.ndarray], group: int, other: int, seed: int) -> np.ndarray:
        """Return numbers for each code of one column, from the codes of another one in the same rows."""
        n_groups, n_others = self.columns_[group].cardinality, self.columns_[other].cardinality
        counts = np.zeros((n_groups, n_others))
        np.add.at(counts, (codes[group], codes[other]), 1.0)
        parts = [_entropies(counts)[:, None]] if self.output != "counts" else []
        if self.output != "entropy":
            parts.append(_reduced(counts, self.n_components, seed))
        return np.concatenate(parts, axis=1)

    def _check(self) -> None:
        if self.output not in ("entropy", "counts", "both"):
            raise TableError(
                "output must be 'entropy', 'counts' or 'both'", repr(self.output), "choose one of these"
            )
        if self.min_count < 1 or (self.n_components is not None and self.n_components < 1):
            came = f"min_count={self.min_count}, n_components={self.n_components}"
            raise TableError("min_count and n_components must be at least 1", came, "raise what is too low")


def _entropies(counts: np.ndarray) -> np.ndarray:
    """The entropy of each row of counts in natural units; 0 where a row is empty."""
    values = np.zeros(len(counts))
    filled = counts.sum(1) > 0
    values[filled] = entropy(counts[filled], axis=1)
    return values


def _reduced(counts: np.ndarray, n_components: int | None, seed: int) -> np.ndarray:
    counts = counts[:, counts.any(0)]  # without a tail that nothing fell into
    if n_components is None or counts.shape[1] <= n_components:
        return counts
    reduced: np.ndarray = TruncatedSVD(n_components, random_state=seed).fit_transform(counts)
    return reduced
