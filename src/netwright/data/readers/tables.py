"""Reading a table from a file, whatever its format."""

from pathlib import Path

import pandas as pd

from netwright.core.errors import TableError
from netwright.data.readers.columnar import read_feather, read_parquet
from netwright.data.readers.delimited import read_delimited
from netwright.data.readers.json_lines import read_json_lines
from netwright.data.readers.text import check_file

COLUMNAR = {".parquet": read_parquet, ".pq": read_parquet, ".feather": read_feather, ".arrow": read_feather}
JSON_LINES = (".jsonl", ".ndjson", ".json")


def read_frame(path: str | Path, *, max_rows: int | None = None) -> pd.DataFrame:
    r"""Read a table from CSV, TSV, Parquet, Feather or JSON lines.

    Use it instead of `pandas.read_csv` where a wrong file must give one clear error, and nothing may be
    repaired in silence. The format follows from the suffix (.parquet, .pq, .feather, .arrow, .jsonl, .ndjson,
    .json; all others are delimited text); text may be gzipped. Numbers are not judged here: infinities stay.

    Args:
        path: the file.
        max_rows: read only so many rows; None reads all.

    Raises:
        TableError: one line that names the file and, where there is one, the line or column.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("a,b\n1,x\n2,y\n")
        >>> read_frame(path).shape
        (2, 2)
        >>> read_frame("nowhere.csv")
        Traceback (most recent call last):
        netwright.core.errors.TableError: the table must be a file, got nowhere.csv, which does not exist; ...
    """
    path = Path(path)
    if max_rows is not None and max_rows < 1:
        raise TableError("max_rows must be a whole number above 0", str(max_rows), "leave it out to read all")
    check_file(path)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in COLUMNAR:
        return COLUMNAR[suffix](path, max_rows=max_rows)
    if suffix in JSON_LINES:
        return read_json_lines(path, max_rows=max_rows)
    return read_delimited(path, delimiter="\t" if suffix == ".tsv" else None, max_rows=max_rows)
