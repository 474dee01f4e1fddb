"""The row groups of Parquet files: which there are, and their rows block by block."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import glob, has_magic
from pathlib import Path
from typing import Any, NamedTuple

from netwright.core.errors import TableError
from netwright.data.readers.columnar import import_pyarrow
from netwright.data.readers.text import check_file
from netwright.data.wording import shown

SUFFIXES = (".parquet", ".pq")
ROWS_OF_A_BLOCK = 1 << 16
"""Rows that are decoded at once, however large the row groups are."""


class RowGroup(NamedTuple):
    """One row group of one file.

    Args:
        path: the file.
        number: of the group in it, from 0.
        n_rows: its rows.
        metadata: of the whole file; reading it anew for each of many groups would take longer than the rows.
        stamp: size and time of the file that the metadata describe.

    Example:
        >>> RowGroup(Path("a.parquet"), 0, 1000, None, (0, 0)).n_rows
        1000
    """

    path: Path
    number: int
    n_rows: int
    metadata: Any
    stamp: tuple[int, int]


def find_files(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return the files that are meant by paths, patterns and folders, those of a pattern or folder by name.

    Args:
        paths: one or several files, folders (the .parquet and .pq files right in them) or patterns.

    Raises:
        TableError: when nothing is found.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "b.parquet").touch(), (folder / "a.parquet").touch()
        (None, None)
        >>> [path.name for path in find_files(folder)]
        ['a.parquet', 'b.parquet']
    """
    files = []
    for path in [paths] if isinstance(paths, (str, Path)) else paths:
        if Path(path).is_dir():
            found = sorted(file for file in Path(path).iterdir() if file.suffix.lower() in SUFFIXES)
        elif has_magic(str(path)) and not Path(path).exists():
            found = sorted(map(Path, glob(str(path), recursive=True)))  # noqa: PTH207  (Path.glob refuses absolute patterns)
        else:
            found = [Path(path)]
        if not found:
            raise TableError(
                "paths must lead to Parquet files", f"{path}, where none is", "check the spelling"
            )
        files += found
    if not files:
        raise TableError("paths must name at least one Parquet file", "none", "name a file or a folder")
    return files


def look_into(path: Path) -> tuple[list[RowGroup], Any]:
    """Return the row groups that hold rows, and the Arrow schema, from the file's metadata alone.

    Args:
        path: the file.

    Raises:
        TableError: when pyarrow is absent, or the file is missing, damaged or without rows.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pd.DataFrame({"a": [1, 2, 3]}).to_parquet(path, row_group_size=2)
        >>> [group.n_rows for group in look_into(path)[0]]
        [2, 1]
    """
    import_pyarrow(path)
    check_file(path)
    stamp = _stamp(path)
    with _opened(path) as file:
        metadata, schema = file.metadata, file.schema_arrow
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    groups = [RowGroup(path, number, n_rows, metadata, stamp) for number, n_rows in enumerate(rows) if n_rows]
    if not groups:
        raise TableError(f"{path} must hold at least one row", "none", "leave it out, or write it again")
    return groups, schema


def blocks(group: RowGroup, columns: list[str]) -> Iterator[Any]:
    """Give the rows of a row group as Arrow record batches.

    Args:
        group: the row group.
        columns: what is read of it.

    Raises:
        TableError: when the file is damaged, missing, or another one than was looked into.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pd.DataFrame({"a": [1, 2, 3], "b": 0}).to_parquet(path, row_group_size=2)
        >>> [block.to_pydict() for block in blocks(look_into(path)[0][1], ["a"])]
        [{'a': [3]}]
    """
    check_file(group.path)
    if _stamp(group.path) != group.stamp:
        expected = f"{group.path} must stay as it is while it is read"
        raise TableError(expected, "one that was written anew", "write other data to another file")
    with _opened(group.path, group.metadata) as file:
        for block in file.iter_batches(ROWS_OF_A_BLOCK, row_groups=[group.number], columns=columns):
            block.validate(full=True)  # a damaged file may point outside of its buffers
            yield block


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


@contextmanager
def _opened(path: Path, metadata: Any = None) -> Iterator[Any]:
    """Open a file; whatever pyarrow says about a damaged one becomes one clear error."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, metadata=metadata) as file:
            yield file
    except pa.ArrowMemoryError:  # says nothing about the file
        raise
    except (pa.ArrowException, OSError, KeyError, IndexError) as error:
        came = f"a truncated or damaged one ({shown(' '.join(str(error).split()), 60)})"
        raise TableError(f"{path} must be a whole Parquet file", came, "fetch or write it again") from error
