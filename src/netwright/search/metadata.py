"""What is known of each row beside its vector: plain columns, filtered and saved without pickling."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import InputError
from netwright.search.exact import Slots

PLAIN = (str, bool, int, float, np.bool_, np.integer, np.floating)
NUMBERS, WORDS = "metadata.npz", "metadata.json"


class Metadata:
    """A frame with a line for each slot, which grows piece by piece."""

    def __init__(self, frame: pd.DataFrame | None = None) -> None:
        self._pieces = [pd.DataFrame() if frame is None else frame]

    @property
    def frame(self) -> pd.DataFrame:
        """All lines, by slot."""
        if len(self._pieces) > 1:
            self._pieces = [pd.concat(self._pieces, ignore_index=True)]
        return self._pieces[0]

    def append(self, piece: pd.DataFrame) -> None:
        """Put lines at the end; a column that only one side has is missing on the other."""
        self._pieces = [*(old for old in self._pieces if len(old)), piece]

    def put(self, slots: Slots, piece: pd.DataFrame) -> None:
        """Overwrite the columns of the piece in some lines."""
        frame = self.frame.copy()
        for name in piece.columns:
            column = frame[name] if name in frame else pd.Series([None] * len(frame), dtype=object)
            if column.dtype != piece[name].dtype:
                column = column.astype(object)
            column = column.copy()
            column.iloc[slots] = piece[name].to_numpy()
            frame[name] = column.infer_objects()
        self._pieces = [frame]

    def take(self, slots: Slots) -> None:
        """Keep these lines, in this order."""
        self._pieces = [self.frame.iloc[slots].reset_index(drop=True)]


def read_metadata(given: Any, n: int) -> pd.DataFrame:
    """Return metadata as a frame of n lines.

    Args:
        given: a frame, or columns by name; None for none.
        n: rows that it belongs to.

    Raises:
        InputError: when it is of another length, or holds other than plain values.
    """
    if given is None:
        return pd.DataFrame(index=range(n))
    try:
        frame = pd.DataFrame(given).reset_index(drop=True)
    except (ValueError, TypeError) as error:
        raise InputError(
            "metadata must be columns of equal length", str(error), "pass a frame, or a dict of lists"
        ) from error
    if len(frame) != n:
        raise InputError(
            "metadata must have a line for each vector", f"{len(frame)} for {n}", "pass all lines"
        )
    frame.columns = [str(name) for name in frame.columns]
    for name in frame.columns:
        _check_plain(name, frame[name])
    return frame


def write_metadata(frame: pd.DataFrame, folder: Path) -> None:
    """Write numbers as arrays and the rest as JSON."""
    arrays, words = {}, {}
    for place, name in enumerate(frame.columns):
        column = frame[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
            arrays[f"{place}"] = column.to_numpy()
        else:
            words[f"{place}"] = [_plain(value) for value in column]
    np.savez(folder / NUMBERS, allow_pickle=False, **arrays)
    head = {"names": list(frame.columns), "rows": len(frame), "values": words}
    (folder / WORDS).write_text(json.dumps(head, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def load_metadata(folder: Path) -> pd.DataFrame:
    """Read what `write_metadata` wrote."""
    head = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    with np.load(folder / NUMBERS, allow_pickle=False) as arrays:
        columns = {
            name: head["values"].get(str(place)) or arrays.get(str(place))
            for place, name in enumerate(head["names"])
        }
    return pd.DataFrame(columns, index=range(head["rows"]))


def _check_plain(name: str, column: pd.Series) -> None:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
        return
    for row, value in enumerate(column):
        if value is not None and not isinstance(value, PLAIN) and not _is_missing(value):
            raise InputError(
                "metadata must be words, numbers, booleans or naive dates",
                f"{type(value).__name__} in column {name!r}, row {row}",
                "store its text or its parts",
            )


def _plain(value: Any) -> Any:
    if _is_missing(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)
