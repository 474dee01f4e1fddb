"""Tables in JSON lines: one object per line, its keys the columns."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.errors import TableError
from netwright.data.readers.structure import check_names
from netwright.data.readers.text import check_text, head_of, line_blocks, open_bytes
from netwright.data.wording import listed, shown


def read_json_lines(path: Path, *, max_rows: int | None = None) -> pd.DataFrame:
    r"""Read a table from JSON lines; a key that a line lacks is a missing value there.

    Args:
        path: the file, plain or gzipped.
        max_rows: read only so many rows; None reads all.

    Raises:
        TableError: naming the line that is not an object of plain values.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.jsonl"
        >>> _ = path.write_text('{"a": 1}\n{"a": 2, "b": "x"}\n')
        >>> read_json_lines(path).shape
        (2, 2)
    """
    if head_of(path).lstrip().startswith("["):
        remedy = "write one object per line, without brackets (pandas: to_json(orient='records', lines=True))"
        raise TableError(f"{path} must be JSON lines", "one JSON list", remedy)
    parts: list[pd.DataFrame] = []
    line, offset, n_rows = 1, 0, 0
    with open_bytes(path) as stream:
        for block in line_blocks(stream):
            check_text(path, block, offset, line)
            lines = block.decode("utf-8-sig" if offset == 0 else "utf-8").split("\n")
            rows = [_row(path, text, line + n) for n, text in enumerate(lines) if text.strip()]
            parts.append(pd.DataFrame.from_records(rows))
            line, offset, n_rows = line + block.count(b"\n"), offset + len(block), n_rows + len(rows)
            if max_rows is not None and n_rows >= max_rows:
                break
    frame = pd.concat(parts, ignore_index=True).infer_objects().head(max_rows or n_rows)
    check_names(path, list(frame.columns))
    return frame


def _row(path: Path, text: str, line: int) -> dict[str, Any]:
    def plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(pairs)
        if len(row) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = listed({key for key in keys if keys.count(key) > 1})
            remedy = "keep one of them"
            raise TableError(
                f"{path} must name every key once per line", f"{twice} twice on line {line}", remedy
            )
        return row

    try:
        row = json.loads(text, object_pairs_hook=plain)
    except (json.JSONDecodeError, RecursionError) as error:
        came = f"{shown(text)} on line {line}"
        raise TableError(f"{path} must hold one JSON object per line", came, "mend that line") from error
    if not isinstance(row, dict):
        came = f"{shown(text)} on line {line}"
        raise TableError(f"{path} must hold one JSON object per line", came, "write {column: value, ...}")
    for key, value in row.items():
        if isinstance(value, (dict, list)):
            expected = f"column {shown(key)} of {path} must hold single values"
            came = f"{shown(json.dumps(value))[1:-1]} on line {line}"
            raise TableError(expected, came, "spread it over plain columns or leave it out")
    return row
