"""A whole table as one matrix of float32: scaled numbers first, then the codes of categories."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float32, Int64
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from netwright.core.errors import TableError
from netwright.data.columns.kinds import ColumnKind, inspect_column
from netwright.data.columns.values import Dates, Numbers, Words
from netwright.data.encoders.category_column import CategoryColumn, fit_category_column
from netwright.data.encoders.date_column import DateColumn, fit_date_column
from netwright.data.encoders.day_column import DayColumn, fit_day_column
from netwright.data.encoders.number_column import NumberColumn, fit_number_column, ranks
from netwright.data.encoders.number_matrix import all_standard, gather, write_numbers
from netwright.data.encoders.room import make_room
from netwright.data.encoders.scaling import Scaling
from netwright.data.encoders.table_columns import ArrayColumns, FrameColumns, columns_of
from netwright.data.wording import listed

FittedColumn = NumberColumn | DateColumn | CategoryColumn | DayColumn


@final
@dataclass(eq=False, repr=False)
class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn a table of numbers, truth values, dates and categories into one matrix for a net.

    Use it on training rows alone and transform all others with it. Output columns: first numbers (scaled,
    finite, 0 where missing, with a further column of 0 and 1 where values were missing at fitting; a date
    makes several), then one column of integer codes per category, for an embedding. Levels that are rare
    or never seen share codes (see `CategoryColumn`); what is missing has a code of its own.

    Identifiers, free text, constant and empty columns of a frame are left out (`describe_columns` states the
    rules). Columns of an array are named x0, x1, ... and are all used.

    Args:
        numbers: how numbers are scaled: "standard", "robust" (outliers approach 3) or "quantile" (normal
            scores).
        categories: names of columns taken as categories whatever they look like.
        ordinal: for columns whose words are ordered, their levels from lowest to highest; they become
            numbers.
        exclude: names of columns left out.
        keep: names of columns used though a rule would leave them out.
        min_count: a level that fewer rows hold is rare; None takes one fiftieth of the rows, but at least 1
            and at most 5.
        max_levels: of a category with more levels the most frequent are kept and the others hashed.
        n_buckets: codes that the hashed levels share.
        calendar_days: whether the days of a date, beside its numbers, are a category, where enough rows
            share them: a holiday or a snow storm then has a code of its own.

    Raises:
        TableError: naming column and row, for what cannot be used.

    Example:
        >>> table = {"size": [1.0, 3.0, None, 2.0], "colour": ["red", "blue", "red", "red"]}
        >>> encoder = TableEncoder().fit(table)
        >>> encoder.feature_names_, encoder.n_numbers_, encoder.cardinalities_
        (['size', 'size is missing', 'colour'], 2, [3])
        >>> encoder.transform({"size": [2.0], "colour": ["green"]})
        array([[0., 0., 2.]], dtype=float32)
    """

    numbers: Scaling = "standard"
    categories: Sequence[str] = ()
    ordinal: Mapping[str, Sequence[str]] | None = None
    exclude: Sequence[str] = ()
    keep: Sequence[str] = ()
    min_count: int | None = None
    max_levels: int = 10_000
    n_buckets: int = 1_000
    calendar_days: bool = False

    def fit(self, X: Any, y: Any = None, *, rows: Int64[np.ndarray, " some"] | None = None) -> Self:
        """Learn what every column is, and how it is encoded.

        Args:
            X: the table.
            y: passed over.
            rows: the training rows, each once or more; None when X holds no others.
        """
        table = columns_of(X, rows)
        self._check(table.names)
        self.left_out_: dict[str, str] = {}
        columns = [column for name in table.names for column in self._fit_column(table, name)]
        if not columns:
            came = "; ".join(f"{name!r} {reason}" for name, reason in list(self.left_out_.items())[:3])
            remedy = "add columns that describe the rows, or name one in keep"
            raise TableError("the table must have a column to learn from", came, remedy)
        categories = [column for column in columns if isinstance(column, (CategoryColumn, DayColumn))]
        numbers = [column for column in columns if not isinstance(column, (CategoryColumn, DayColumn))]
        self.columns_: list[FittedColumn] = [*numbers, *categories]
        self.feature_names_ = [name for column in self.columns_ for name in column.names]
        self.n_numbers_ = len(self.feature_names_) - len(categories)
        self.cardinalities_ = [column.cardinality for column in categories]
        self.feature_names_in_ = np.array(table.names, dtype=object)
        self.n_features_in_ = len(table.names)
        self._warn_of_left_out()
        return self

    def transform(
        self, X: Any, *, rows: Int64[np.ndarray, " some"] | None = None
    ) -> Float32[np.ndarray, "rows features"]:
        """Return the matrix: `n_numbers_` columns of numbers, then one column of codes per category.

        Args:
            X: a table with the columns that were fitted; others are passed over, with a warning.
            rows: which rows of it, each once or more; None for all.
        """
        check_is_fitted(self)
        table = columns_of(X, rows)
        table.align(list(self.feature_names_in_), [column.name for column in self.columns_])
        out = make_room((table.n_rows, len(self.feature_names_)), np.float32, zeros=True)
        if (
            isinstance(table, ArrayColumns)
            and table.by_rows
            and all_standard(self.columns_)
            and write_numbers(self.columns_, table, out)
        ):
            return out
        start = 0
        for column in self.columns_:
            stop = start + len(column.names)
            if isinstance(column, NumberColumn) and not isinstance(table, FrameColumns):
                column.write(table.numbers(column.name), out[:, start:stop])
            else:
                column.write(column.read(table.series(column.name)), out[:, start:stop])  # type: ignore[arg-type]
            start = stop
        return out

    def fit_transform(
        self, X: Any, y: Any = None, *, rows: Int64[np.ndarray, " some"] | None = None
    ) -> Float32[np.ndarray, "rows features"]:
        """Return the matrix of the rows that are fitted: the same as `fit` and `transform`, sooner.

        Args:
            X: the table.
            y: passed over.
            rows: the training rows, each once or more; None when X holds no others.
        """
        plain = self.numbers == "standard" and not (self.categories or self.ordinal)
        taken = gather(X, rows) if plain else None
        if taken is None:
            return self.fit(X, rows=rows).transform(X, rows=rows)
        self.fit(taken)
        as_wide = len(self.feature_names_) == self.n_features_in_
        if (
            as_wide
            and all_standard(self.columns_)
            and write_numbers(self.columns_, ArrayColumns(taken), taken)
        ):
            return taken
        del taken  # before the matrix is made: both would be the table twice
        return self.transform(X, rows=rows)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Args:
            input_features: passed over.
        """
        check_is_fitted(self)
        return np.array(self.feature_names_, dtype=object)

    def _fit_column(self, table: Any, name: str) -> list[FittedColumn]:
        if name in self.exclude:
            self.left_out_[name] = "excluded: as asked"
            return []
        if self.ordinal and name in self.ordinal:
            order = [str(level) for level in self.ordinal[name]]
            values = ranks(name, table.series(name), order, strict=True)
            return [fit_number_column(name, values, "standard", order=order)]
        if not isinstance(table, FrameColumns) and name not in self.categories:
            return [fit_number_column(name, table.numbers(name), self.numbers)]
        kind, read = inspect_column(name, table.series(name), as_category=name in self.categories)
        if kind.left_out and not (table.all_used or name in self.keep):
            self.left_out_[name] = f"{kind.kind}: {kind.reason}"
            return []
        fitted = [self._fit_values(name, kind, read, table.n_rows)]
        if self.calendar_days and isinstance(read, Dates) and kind.n_distinct:
            days = fit_day_column(name, read.array, min_count=self._min_count(table.n_rows))
            fitted += [days] if days is not None else []
        return fitted

    def _fit_values(
        self, name: str, kind: ColumnKind, values: Numbers | Dates | Words, n_rows: int
    ) -> FittedColumn:
        if isinstance(values, Words):
            return fit_category_column(
                name,
                values,
                min_count=self._min_count(n_rows),
                max_levels=self.max_levels,
                n_buckets=self.n_buckets,
            )
        if isinstance(values, Dates):
            if kind.n_distinct == 0:
                return fit_number_column(name, np.full(n_rows, np.nan), "standard")
            return fit_date_column(name, values.array, self.numbers)
        # two values have no order to speak of: quantiles of them say nothing more
        scaling = "standard" if values.boolean else self.numbers
        return fit_number_column(name, values.array, scaling, boolean=values.boolean)

    def _min_count(self, n_rows: int) -> int:
        return min(5, max(1, n_rows // 50)) if self.min_count is None else self.min_count

    def _check(self, names: list[str]) -> None:
        if self.numbers not in ("standard", "robust", "quantile"):
            expected = "numbers must be 'standard', 'robust' or 'quantile'"
            raise TableError(expected, repr(self.numbers), "choose one of these")
        for setting, wanted in (
            ("categories", self.categories),
            ("ordinal", self.ordinal or ()),
            ("exclude", self.exclude),
            ("keep", self.keep),
        ):
            unknown = [name for name in wanted if name not in names]
            if isinstance(wanted, str) or unknown:
                came = repr(wanted) if isinstance(wanted, str) else listed(unknown)
                remedy = f"choose from: {listed(names)}"
                raise TableError(f"{setting} must be a list of columns of the table", came, remedy)

    def _warn_of_left_out(self) -> None:
        named = [
            f"{name!r} ({reason})"
            for name, reason in self.left_out_.items()
            if reason.startswith(("identifier", "text"))
        ]
        if named:
            rest = f" and {len(named) - 5} more" if len(named) > 5 else ""
            message = f"columns left out: {', '.join(named[:5])}{rest}; name them in keep to use them"
            warnings.warn(message, UserWarning, stacklevel=3)
