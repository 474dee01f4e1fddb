"""Tables from objects in memory: pandas, polars and other frames, arrays, lists, dictionaries."""

from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import TableError
from netwright.data.readers.structure import check_names

WHERE = "X"


def to_frame(X: Any) -> pd.DataFrame:
    """Return a table as a pandas frame whose columns are named by text.

    Pandas frames are passed on without a copy. Frames of polars and other libraries go through narwhals;
    the columns of arrays are called x0, x1, ...; lists may hold rows or dictionaries; a dictionary holds
    columns.

    Args:
        X: the table.

    Raises:
        TableError: when X is not a table with rows, columns and single values.

    Example:
        >>> to_frame([[1, "a"], [2, "b"]])
           x0 x1
        0   1  a
        1   2  b
    """
    if isinstance(X, pd.DataFrame):
        frame = _named(X)
    elif isinstance(X, (list, tuple)) and X and isinstance(X[0], dict):
        frame = _named(pd.DataFrame.from_records(X))
    elif isinstance(X, dict):
        frame = _from_columns(X)
    elif isinstance(X, (list, tuple, np.ndarray)) or hasattr(X, "__array_interface__"):
        frame = from_array(X)
    else:
        frame = _from_other(X)
    if frame.shape[1] == 0:
        expected = "X must have at least one column"
        raise TableError(
            expected, f"0 feature(s) (shape={frame.shape})", "give it a column; a minimum of 1 is required"
        )
    if len(frame) == 0:
        remedy = "give it a row; a minimum of 1 is required"
        raise TableError("X must have at least one row", f"0 sample(s) (shape={frame.shape})", remedy)
    return frame


def from_array(X: Any) -> pd.DataFrame:
    """Return a 2-D array or list of rows as a frame with columns x0, x1, ...

    Args:
        X: the array.

    Raises:
        TableError: when it does not have two axes, or holds complex numbers.

    Example:
        >>> list(from_array(np.zeros((2, 3))).columns)
        ['x0', 'x1', 'x2']
    """
    mixed = isinstance(X, (list, tuple)) and len(X) > 0 and all(isinstance(row, (list, tuple)) for row in X)
    if mixed and len({len(row) for row in X}) > 1:
        raise TableError("X must have equally long rows", "rows of several lengths", "fill them")
    try:
        array = np.asarray(X, dtype=object) if mixed else np.asarray(X)
    except ValueError as error:
        raise TableError("X must have equally long rows", "rows of several lengths", "fill them") from error
    check_array(array)
    names = [f"x{position}" for position in range(array.shape[1])]
    frame = pd.DataFrame(array, columns=names, copy=False)
    return frame.infer_objects() if array.dtype == object else frame


def check_array(array: np.ndarray) -> None:
    """Raise unless an array can be a table.

    Args:
        array: the array.

    Raises:
        TableError: when it does not have two axes, or holds complex numbers.

    Example:
        >>> check_array(np.zeros(3))
        Traceback (most recent call last):
        netwright.core.errors.TableError: X must be a table (Expected 2D array), got 1D array of shape (3,)...
    """
    if array.ndim != 2:
        remedy = "Reshape your data: X[:, None] makes one column of it, X[None] one row"
        came = f"{array.ndim}D array of shape {array.shape}"
        raise TableError("X must be a table (Expected 2D array)", came, remedy)
    if array.dtype.kind == "c":
        remedy = "give real and imaginary part as two columns"
        raise TableError("X must hold real numbers (Complex data not supported)", str(array.dtype), remedy)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame.columns, pd.MultiIndex):
        remedy = "join the levels: X.columns = ['_'.join(map(str, c)) for c in X.columns]"
        raise TableError(
            "X must have one name per column", f"{frame.columns.nlevels} levels of names", remedy
        )
    check_names(WHERE, list(frame.columns))
    names = [str(name) for name in frame.columns]
    return frame if names == list(frame.columns) else frame.set_axis(names, axis=1)


def _from_columns(columns: dict[Any, Any]) -> pd.DataFrame:
    try:
        return _named(pd.DataFrame(columns))
    except ValueError as error:
        if isinstance(error, TableError):
            raise
        raise TableError("X must have equally long columns", str(error)[:80], "fill them") from error


def _from_other(X: Any) -> pd.DataFrame:
    if hasattr(X, "tocsr"):
        raise TableError(
            "X must be a dense table", "a sparse matrix", "use X.toarray() where it fits in memory"
        )
    import narwhals as nw

    table = nw.from_native(X, pass_through=True)
    if isinstance(table, nw.LazyFrame):
        raise TableError("X must be a table in memory", f"a {type(X).__name__}", "collect it: X.collect()")
    if isinstance(table, nw.DataFrame):
        check_names(WHERE, list(table.columns))
        return pd.DataFrame({name: table[name].to_numpy() for name in table.columns}, copy=False)
    if hasattr(X, "__array__"):
        return from_array(X)
    remedy = "give a DataFrame, a 2-D array or a list of rows"
    raise TableError("X must be a table", f"{type(X).__module__}.{type(X).__qualname__}", remedy)
