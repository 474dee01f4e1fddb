"""Files of fastText's program are read: .bin, and .ftz, whose tables are codes."""

import mmap
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import ModelError
from netwright.data.fast_text.tables import SUPERVISED, FastTextSettings, FastTextTables

MAGIC, VERSION = 793712314, 12
SETTINGS = "<12id"
CENTROIDS = 256
"""Of each part of a vector in the tables of codes."""


def read_tables(path: str | Path) -> FastTextTables:
    """Return what a file of fastText holds, numbers bit for bit; codes as the numbers they stand for.

    Args:
        path: a .bin or .ftz of version 11 or 12, or one from before there were versions.

    Raises:
        ModelError: when it is no such file, or was cut or changed.

    Example:
        >>> read_tables("nowhere.bin")
        Traceback (most recent call last):
        netwright.core.errors.ModelError: path must be a model of fastText, got nowhere.bin, where no file ...
    """
    file = Path(path)
    if not file.is_file() or not file.stat().st_size:
        raise _bad(file, "where no file stands" if not file.is_file() else "which is empty")
    with file.open("rb") as stream:
        pages = _Pages(file, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    magic, version = pages.take("<2i")
    old = magic != MAGIC
    if not old and version not in (11, VERSION):
        raise _bad(file, f"of version {version}, where 11 and 12 are known")
    if old:
        pages.at = 0  # before there were versions, the settings came first
    settings = FastTextSettings(*pages.take(SETTINGS))
    if settings.width < 1 or settings.buckets < 0 or not 1 <= settings.model <= SUPERVISED:
        raise _bad(file, "whose first bytes are others")
    return _tables(pages, _as_they_were_used(settings, 10 if old else version), old=old)


def _as_they_were_used(settings: FastTextSettings, version: int) -> FastTextSettings:
    """Supervised models had no n-grams of characters before version 12, whatever they say."""
    no_ngrams = version < VERSION and settings.model == SUPERVISED
    return replace(settings, longest=0) if no_ngrams else settings


def _tables(pages: "_Pages", settings: FastTextSettings, *, old: bool) -> FastTextTables:
    size, n_words, n_labels, n_tokens = pages.take("<3iq")
    n_pruned = -1 if old else pages.take("<q")[0]
    if size != n_words + n_labels or min(n_words, n_labels) < 0 or size > len(pages.data):
        raise _bad(pages.file, f"with {n_words} words and {n_labels} labels among {size} entries")
    names, counts = pages.entries(n_words, n_labels)
    pruned = None if n_pruned < 0 else pages.array("<i4", 2 * n_pruned).reshape(n_pruned, 2)
    quantised = not old and bool(pages.take("<b")[0])
    if pruned is not None and not quantised:
        raise _bad(pages.file, "whose n-grams were pruned and not quantised; no program can use it")
    inputs = pages.codes() if quantised else pages.matrix()
    quantised_outputs = not old and bool(pages.take("<b")[0]) and quantised
    outputs = pages.codes() if quantised_outputs else pages.matrix()
    if pages.at != len(pages.data):
        raise _bad(pages.file, f"with {len(pages.data) - pages.at} bytes too many")
    try:
        return FastTextTables(
            settings, names[:n_words], counts[:n_words], names[n_words:], counts[n_words:], n_tokens, pruned,
            inputs, outputs, quantised,
        )  # fmt: skip
    except ModelError as error:
        raise _bad(pages.file, f"where {error.expected}, and are {error.came}") from error


class _Pages:
    """A file in memory, read from its beginning to its end."""

    def __init__(self, file: Path, data: mmap.mmap) -> None:
        self.file, self.data, self.at = file, data, 0

    def take(self, form: str) -> tuple[Any, ...]:
        size = struct.calcsize(form)
        return struct.unpack(form, self.data[self._step(size) : self.at])

    def array(self, kind: str, n: int) -> NDArray[Any]:
        size = np.dtype(kind).itemsize
        begin = self._step(n * size)
        return (
            np.frombuffer(self.data, kind, n, begin).astype(kind[1:], copy=True) if n else np.empty(0, kind)
        )

    def entries(self, n_words: int, n_labels: int) -> tuple[list[bytes], NDArray[np.int64]]:
        n = n_words + n_labels
        names, counts = [], np.empty(n, np.int64)
        for entry in range(n):
            end = self.data.find(b"\0", self.at)
            if end < 0:
                raise _bad(self.file, f"which was cut off in the midst of its {n} words")
            names.append(self.data[self.at : end])
            self.at = end + 1
            counts[entry], kind = self.take("<qb")
            if kind != (entry >= n_words):
                raise _bad(self.file, f"whose entry {entry + 1} is of kind {kind}")
        return names, counts

    def matrix(self) -> NDArray[np.float32]:
        rows, width = self.take("<2q")
        self._check_size(rows, width)
        numbers: NDArray[np.float32] = self.array("<f4", rows * width).reshape(rows, width)
        return numbers

    def codes(self) -> NDArray[np.float32]:
        """A table whose rows are codes of parts, and may have a code for their lengths."""
        with_lengths, rows, width, n_codes = self.take("<?2qi")
        self._check_size(rows, width)
        codes = self.array("<u1", n_codes)
        n_parts, part, last, centroids = self._quantiser(width)
        if n_codes != rows * n_parts:
            raise _bad(self.file, f"with {n_codes} codes for {rows} rows of {n_parts} parts")
        codes = codes.reshape(rows, n_parts)
        table = np.empty((rows, width), np.float32)
        for number in range(n_parts):
            size, begin = last if number == n_parts - 1 else part, number * part
            block = centroids[CENTROIDS * begin : CENTROIDS * (begin + size)].reshape(CENTROIDS, size)
            table[:, begin : begin + size] = block[codes[:, number]]
        if with_lengths:
            of_rows = self.array("<u1", rows)
            table *= self._quantiser(1)[-1][of_rows][:, None]
        return table

    def _quantiser(self, wanted: int) -> tuple[int, int, int, NDArray[np.float32]]:
        width, n_parts, part, last = self.take("<4i")
        if width != wanted or min(n_parts, part, last) < 1 or (n_parts - 1) * part + last != width:
            raise _bad(self.file, f"with codes for {n_parts} parts of {part} and {last} in {width} numbers")
        return n_parts, part, last, self.array("<f4", CENTROIDS * width)

    def _check_size(self, rows: int, width: int) -> None:
        if rows < 0 or width < 1:
            raise _bad(self.file, f"with a table of {rows} rows and {width} columns")

    def _step(self, size: int) -> int:
        begin = self.at
        if size < 0 or begin + size > len(self.data):
            raise _bad(self.file, f"which ends {begin + size - len(self.data)} bytes too soon")
        self.at = begin + size
        return begin


def _bad(file: Path, what: str) -> ModelError:
    return ModelError("path must be a model of fastText", f"{file}, {what}", "fetch or save it again")
