"""Tables in Parquet and Feather files; both need the optional package pyarrow."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.errors import TableError
from netwright.data.readers.structure import check_names
from netwright.data.readers.text import unreadable
from netwright.data.wording import shown

PLAIN = ("bool", "int", "uint", "float", "double", "halffloat", "string", "large_string", "string_view")
PLAIN_OR_TIME = (*PLAIN, "date", "timestamp", "duration", "decimal", "dictionary", "null")


def read_parquet(path: Path, *, max_rows: int | None = None) -> pd.DataFrame:
    """Read a table from a Parquet file.

    Args:
        path: the file.
        max_rows: read only so many rows; None reads all.

    Raises:
        TableError: when pyarrow is absent, or the file is truncated, not Parquet, or holds nested columns.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pd.DataFrame({"a": [1, 2, 3]}).to_parquet(path)
        >>> len(read_parquet(path, max_rows=2))
        2
    """
    import_pyarrow(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _whole(path, "Parquet"), pq.ParquetFile(path) as file:
        check_schema(path, file.schema_arrow)
        if max_rows is None:  # one by one, so that the table never stands in memory twice
            columns = [_to_pandas(path, file.read(columns=[name])) for name in file.schema_arrow.names]
            return pd.concat(columns, axis=1)
        batches = []
        for batch in file.iter_batches(batch_size=min(max_rows, 1 << 16)):
            batches.append(batch)
            if sum(map(len, batches)) >= max_rows:
                break
        return _to_pandas(path, pa.Table.from_batches(batches, schema=file.schema_arrow).slice(0, max_rows))


def read_feather(path: Path, *, max_rows: int | None = None) -> pd.DataFrame:
    """Read a table from a Feather (Arrow IPC) file.

    Args:
        path: the file.
        max_rows: read only so many rows; None reads all.

    Raises:
        TableError: when pyarrow is absent, or the file is truncated, not Feather, or holds nested columns.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.feather"
        >>> pd.DataFrame({"a": [1, 2, 3]}).to_feather(path)
        >>> len(read_feather(path))
        3
    """
    import_pyarrow(path)
    from pyarrow import feather

    with _whole(path, "Feather"):
        table = feather.read_table(path, memory_map=False)
        check_schema(path, table.schema)
        return _to_pandas(path, table if max_rows is None else table.slice(0, max_rows))


def import_pyarrow(path: Path) -> None:
    """Raise, naming what to install, unless pyarrow can be imported.

    Args:
        path: the file that needs it.

    Raises:
        TableError: when the package is absent.

    Example:
        >>> import_pyarrow(Path("a.parquet"))
    """
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError as error:
        expected = f"reading or writing {path} needs the package pyarrow"
        raise TableError(expected, "an environment without it", "pip install netwright[parquet]") from error


def check_schema(path: Path, schema: Any) -> None:
    """Raise unless every column of an Arrow schema has its own name and plain values.

    Args:
        path: the file, for messages.
        schema: its Arrow schema.

    Raises:
        TableError: naming the column.

    Example:
        >>> import pyarrow as pa
        >>> check_schema(Path("a.parquet"), pa.schema({"a": pa.list_(pa.int64())}))
        Traceback (most recent call last):
        netwright.core.errors.TableError: column 'a' of a.parquet must hold single values, got list<...>; ...
    """
    check_names(path, schema.names)
    for field in schema:
        if not str(field.type).startswith(PLAIN_OR_TIME):
            expected = f"column {shown(field.name)} of {path} must hold single values"
            raise TableError(expected, str(field.type)[:40], "spread it over plain columns or leave it out")


def _to_pandas(path: Path, table: Any) -> pd.DataFrame:
    import pyarrow as pa

    table.validate(full=True)  # a damaged file may point outside of its buffers
    table = table.replace_schema_metadata(None)
    if table.num_rows == 0:
        raise TableError(f"{path} must hold at least one row", "none", "check how it was written")
    for position, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(position, field.name, table.column(position).cast(pa.float64()))
    frame: pd.DataFrame = table.to_pandas(
        ignore_metadata=True, split_blocks=True, self_destruct=True, date_as_object=False
    )
    index = [name for name in frame.columns if re.fullmatch(r"__index_level_\d+__", str(name))]
    return frame.drop(columns=index)


@contextmanager
def _whole(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever pyarrow says about a damaged file into one clear error."""
    try:
        yield
    except TableError:
        raise
    except PermissionError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # many types, down to KeyError: whatever the bytes lead it to
        came = f"a truncated or damaged one ({shown(str(error), 60)})"
        raise TableError(
            f"{path} must be a whole {kind} file", came, "fetch or write the file again"
        ) from error
