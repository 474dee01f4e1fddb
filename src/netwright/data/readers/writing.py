"""Writing a table to a file, whole or not at all."""

import gzip
from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.errors import InputError, TableError
from netwright.core.files import atomic_path
from netwright.data.readers.columnar import import_pyarrow
from netwright.data.wording import shown

SUFFIXES = (".csv", ".tsv", ".parquet", ".pq", ".feather", ".jsonl", ".ndjson")


def write_frame(frame: pd.DataFrame, path: str | Path) -> None:
    r"""Write a table as CSV, TSV, Parquet, Feather or JSON lines, by the suffix of the path.

    The file is written beside its place and renamed, so that it is never half there. A further suffix .gz
    compresses text. The index of the frame is not written.

    Args:
        frame: the table.
        path: the file to write; its folder is made where it is lacking.

    Raises:
        TableError: when the suffix is unknown, pyarrow is absent, or the file cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.tsv"
        >>> write_frame(pd.DataFrame({"a": [1], "b": ["x"]}), path)
        >>> path.read_text()
        'a\tb\n1\tx\n'
    """
    path = Path(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    suffix = (suffixes[:-1] if zipped else suffixes)[-1:] or [""]
    if suffix[0] not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise TableError(f"the file must end with one of {known}", shown(path.name), "choose one of these")
    try:
        with atomic_path(path) as beside:
            _write(frame, beside, suffix[0], zipped=zipped)
    except InputError:
        raise
    except OSError as error:
        came = f"the system's answer {str(error.strerror or error)!r}"
        remedy = "free some space or choose another folder"
        raise TableError(f"{path} must be writable", came, remedy) from error


def _write(frame: pd.DataFrame, path: Path, suffix: str, *, zipped: bool) -> None:
    if suffix in (".parquet", ".pq", ".feather"):
        import_pyarrow(path)
        plain = frame.reset_index(drop=True)
        plain.to_feather(path) if suffix == ".feather" else plain.to_parquet(path, index=False)
    elif zipped:
        # without name and time of writing in its head, the same table gives the same bytes
        with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as stream:
            _write_text(frame, stream, suffix)
    else:
        with path.open("wb") as stream:
            _write_text(frame, stream, suffix)


def _write_text(frame: pd.DataFrame, stream: Any, suffix: str) -> None:
    if suffix in (".jsonl", ".ndjson"):
        frame.to_json(stream, orient="records", lines=True, date_format="iso")
    else:
        separator = "\t" if suffix == ".tsv" else ","
        frame.to_csv(stream, sep=separator, index=False, lineterminator="\n")
