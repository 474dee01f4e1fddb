"""A fitted column of numbers: scaled values, and a mark for those that are missing."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32

from netwright.core.errors import TableError
from netwright.data.columns.values import Words, read_values
from netwright.data.encoders.coercion import as_numbers
from netwright.data.encoders.scaling import Scaling, fit_scaling, scale
from netwright.data.wording import listed, shown


@dataclass(eq=False)
class NumberColumn:
    """A column of numbers as it was fitted.

    It makes one output column, the scaled numbers with 0 where they are missing; where some were missing at
    fitting a second one says so with 1.

    Args:
        name: the column's name.
        scaling: how numbers are scaled.
        knots: what the scaling knows about the column.
        missing_seen: whether values were missing at fitting.
        boolean: whether the column held truth values.
        order: the levels of an ordinal column, which count as 0, 1, 2, ...; empty for numbers.

    Example:
        >>> column = fit_number_column("a", np.array([1.0, 3.0, np.nan]), "standard")
        >>> column.names
        ['a', 'a is missing']
    """

    name: str
    scaling: Scaling
    knots: Float[np.ndarray, "knots"]
    missing_seen: bool
    boolean: bool = False
    order: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Names of the output columns."""
        return [self.name, f"{self.name} is missing"] if self.missing_seen else [self.name]

    def read(self, column: Any) -> Float[np.ndarray, "rows"]:
        """Return a new column as unscaled numbers; unknown levels of an ordinal one are missing."""
        if self.order:
            return ranks(self.name, column, self.order, strict=False)
        return as_numbers(self.name, column, boolean=self.boolean)

    def write(self, values: Float[np.ndarray, "rows"], out: Float32[np.ndarray, "rows outputs"]) -> None:
        """Write scaled numbers, and the mark for missing ones, into the output columns."""
        missing = np.isnan(values)
        out[:, 0] = np.where(missing, 0.0, scale(values, self.knots, self.scaling))
        if self.missing_seen:
            out[:, 1] = missing


def fit_number_column(
    name: str,
    values: Float[np.ndarray, "rows"],
    scaling: Scaling,
    *,
    boolean: bool = False,
    order: list[str] | None = None,
) -> NumberColumn:
    """Fit a column of numbers.

    Args:
        name: the column's name.
        values: its numbers, NaN where missing.
        scaling: how they are scaled.
        boolean: whether they are truth values.
        order: the levels that the numbers stand for.

    Example:
        >>> fit_number_column("a", np.array([1.0, 3.0]), "standard").knots
        array([2., 1.])
    """
    missing_seen = bool(np.isnan(values).any())
    return NumberColumn(name, scaling, fit_scaling(values, scaling), missing_seen, boolean, order or [])


def ranks(name: str, column: Any, order: list[str], *, strict: bool) -> Float[np.ndarray, "rows"]:
    """Return the place of each word in an order of levels, counted from 0.

    Args:
        name: the column's name.
        column: a pandas series.
        order: the levels, from lowest to highest.
        strict: whether another word is an error; else it is missing.

    Raises:
        TableError: naming the first row with another word.

    Example:
        >>> ranks("size", pd.Series(["L", "S", None]), ["S", "M", "L"], strict=True)
        array([ 2.,  0., nan])
    """
    values = read_values(name, column.astype("category"))
    assert isinstance(values, Words)  # noqa: S101 - the type category gives words
    places = (
        pd.Index(order, dtype=object).get_indexer(pd.Index(values.levels, dtype=object)).astype(np.float64)
    )
    unknown = places < 0
    if strict and unknown.any():
        row = values.first_row(unknown)
        came = f"{shown(values.levels[values.codes[row - 1]])} in row {row}"
        raise TableError(
            f"column {shown(name)} must hold one of {listed(order)}", came, "add it to the order"
        )
    chosen: np.ndarray = np.append(np.where(unknown, np.nan, places), np.nan)[values.codes]
    return chosen
