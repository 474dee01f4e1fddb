"""Files that fastText's program and gensim read are written."""

import struct
from dataclasses import astuple
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import InputError, ModelError
from netwright.core.files import atomic_path
from netwright.data.fast_text.reading import MAGIC, SETTINGS, VERSION
from netwright.data.fast_text.tables import FastTextTables


def write_tables(tables: FastTextTables, path: str | Path) -> None:
    """Write a .bin of version 12, whole or not at all.

    Args:
        tables: not quantised.
        path: of the file.

    Raises:
        ModelError: when the tables were read from codes, which are not kept.
        InputError: when a word holds a zero byte, which ends a word in these files.
    """
    if tables.quantised:
        raise ModelError(
            "tables must hold every n-gram", "those of a quantised file", "copy the file that was read"
        )
    names = tables.words + tables.labels
    bad = next((one for one in names if b"\0" in one), None)
    if bad is not None:
        raise InputError("words must not hold a zero byte", repr(bad), "take it out of the corpus")
    counts = np.concatenate([tables.counts, tables.label_counts]).tolist()
    kinds = [0] * len(tables.words) + [1] * len(tables.labels)
    with atomic_path(Path(path)) as beside, beside.open("wb") as stream:
        stream.write(struct.pack("<2i", MAGIC, VERSION) + struct.pack(SETTINGS, *astuple(tables.settings)))
        sizes = (len(names), len(tables.words), len(tables.labels), tables.n_tokens, -1)
        stream.write(struct.pack("<3i2q", *sizes))
        for name, count, kind in zip(names, counts, kinds, strict=True):
            stream.write(name + b"\0" + struct.pack("<qb", count, kind))
        for table in (tables.inputs, tables.outputs):
            _write_table(table, stream)


def _write_table(table: NDArray[np.float32], stream: BinaryIO) -> None:
    stream.write(struct.pack("<b2q", 0, *table.shape))
    stream.write(np.ascontiguousarray(table, "<f4").data)
