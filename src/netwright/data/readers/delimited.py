"""Tables in delimited text: CSV, TSV and their kin, plain or gzipped."""

import contextlib
import ctypes
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.errors import TableError
from netwright.data.readers.structure import check_structure, guess_delimiter, read_header
from netwright.data.readers.text import head_of, open_bytes
from netwright.data.wording import shown

LARGE = 1 << 24


def read_delimited(path: Path, *, delimiter: str | None = None, max_rows: int | None = None) -> pd.DataFrame:
    r"""Read a table from delimited text.

    The file is read twice: once to check that every line has the header's fields, proper quoting and
    UTF-8, once by pandas, which by itself would drop, shift or rename what is not so.

    Args:
        path: the file, plain or gzipped.
        delimiter: what stands between fields; None guesses among comma, semicolon, tab and bar.
        max_rows: read only so many rows; None reads all.

    Raises:
        TableError: naming the file and, where there is one, the line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("name;size\na;1.5\nb;2.5\n")
        >>> read_delimited(path)["size"].sum()
        np.float64(4.0)
    """
    head = head_of(path)
    delimiter = delimiter or guess_delimiter(head)
    names = read_header(path, head, delimiter)
    if check_structure(path, delimiter, len(names), max_rows) < 1:
        remedy = "check how it was written"
        raise TableError(f"{path} must hold at least one row below its header", "the header alone", remedy)
    frame, mixed = _parse(path, delimiter, max_rows)
    if path.stat().st_size > LARGE:
        _give_memory_back()
    if mixed:  # pandas read some blocks of these as numbers, others as words: read them all as words
        words, _ = _parse(path, delimiter, max_rows, usecols=mixed, dtype="str")
        for name in mixed:
            frame[name] = words[name]
    return frame


def _give_memory_back() -> None:
    """Ask the C library for what pandas freed; glibc keeps most of it, two thirds of the table's own size."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # other systems do it by themselves
        ctypes.CDLL(None).malloc_trim(0)


def _parse(path: Path, delimiter: str, max_rows: int | None, **how: Any) -> tuple[pd.DataFrame, list[str]]:
    with warnings.catch_warnings(record=True) as caught, open_bytes(path) as stream:
        warnings.simplefilter("always", pd.errors.DtypeWarning)
        try:
            frame = pd.read_csv(
                stream, sep=delimiter, encoding="utf-8-sig", index_col=False, nrows=max_rows, **how
            )
        except (pd.errors.ParserError, ValueError) as error:
            came = f"what pandas calls {shown(str(error), 100)}"
            raise TableError(f"{path} must be a table of delimited text", came, "write it again") from error
    if not any(issubclass(warning.category, pd.errors.DtypeWarning) for warning in caught):
        return frame, []
    objects = [name for name in frame.columns if frame[name].dtype == object]
    return frame, [name for name in objects if pd.api.types.infer_dtype(frame[name]) != "boolean"]
