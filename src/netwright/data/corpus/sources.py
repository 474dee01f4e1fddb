"""Where text comes from: a file, a folder, a column of a table, or texts and lists of tokens in memory."""

import gzip
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from netwright.core.errors import InputError
from netwright.data.corpus.tokenizer import BETWEEN

PIECE = 1 << 22
"""Bytes that are read at a time."""
TEXTS = 4096
TABLES = {".csv", ".tsv", ".parquet", ".feather"}


class CorpusError(InputError):
    """A text that cannot be read as a corpus."""


def pieces(source: Any, column: str | None = None) -> tuple[bool, Iterator[tuple[str, bytes]]]:
    """Return whether a source holds tokens rather than text, and its bytes with the name of where they stand.

    Args:
        source: a file (plain, .gz, or a table), a folder of files, or an iterable of texts or of lists of
            tokens.
        column: of the tables, where the source is one.

    Raises:
        CorpusError: when it is none of these.

    Example:
        >>> tokens, bytes_ = pieces([["new york", "is"], ["big"]])
        >>> tokens, next(bytes_)[1].split(b"\\n")[:2]
        (True, [b'new york\\x1fis', b'big'])
    """
    if isinstance(source, str | Path):
        return False, _files(Path(source), column)
    if isinstance(source, bytes) or not isinstance(source, Iterable):
        raise CorpusError(
            "the corpus must be a path or an iterable of texts or of lists of tokens",
            type(source).__name__,
            "wrap one text in a list",
        )
    items = iter(source)
    first = next(items, None)
    if first is None:
        raise CorpusError("the corpus must hold texts", "none", "give a source that is not used up")
    tokens = not isinstance(first, str)
    return tokens, _texts(itertools.chain([first], items), BETWEEN if tokens else None)


def _texts(items: Iterator[Any], between: str | None) -> Iterator[tuple[str, bytes]]:
    """Lines of text, one for each item, many at a time."""
    for number in itertools.count(0, TEXTS):
        some = list(itertools.islice(items, TEXTS))
        if not some:
            return
        try:
            texts = some if between is None else [between.join(one) for one in some]
            lines = [one.replace("\n", " ") for one in texts]
            yield f"text {number}", ("\n".join(lines) + "\n").encode()
        except (TypeError, AttributeError) as error:
            wanted, row = (str, "a text") if between is None else (list, "a list of tokens")
            bad = next(i for i, one in enumerate(some) if not _is(one, wanted))
            raise CorpusError(
                f"each item of the corpus must be {row}, as the first one is",
                f"{some[bad]!r:.40} at {number + bad}",
                "drop it, or make it one",
            ) from error
        except UnicodeEncodeError as error:
            raise CorpusError(
                "texts must be Unicode without lone surrogates",
                f"{error.object[error.start]!r} near text {number}",
                "encode with errors='replace' first",
            ) from error


def _is(one: Any, wanted: type) -> bool:
    if wanted is str:
        return isinstance(one, str)
    return isinstance(one, list | tuple) and all(isinstance(token, str) for token in one)


def _files(path: Path, column: str | None) -> Iterator[tuple[str, bytes]]:
    if not path.exists():
        raise CorpusError(
            "the corpus must be a file, a folder or an iterable of texts",
            f"{str(path)!r:.80}, where nothing stands",
            "name another path, or wrap one text in a list",
        )
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    if not files:
        raise CorpusError("the folder of a corpus must hold files", str(path), "name another one")
    for file in files:
        if file.suffix in TABLES and column is not None:
            yield from _column(file, column)
        else:
            yield from _plain(file)


def _plain(file: Path) -> Iterator[tuple[str, bytes]]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield str(file), piece
    yield str(file), b"\n"


def _column(file: Path, column: str) -> Iterator[tuple[str, bytes]]:
    """Texts of one column: Parquet by row groups, other tables at once."""
    if file.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.ParquetFile(file)
        _there(file, column, table.schema_arrow.names)
        parts = (batch.column(0).to_pylist() for batch in table.iter_batches(TEXTS, columns=[column]))
        yield from _texts((text or "" for part in parts for text in part), None)
        return
    from netwright.data.readers import read_frame

    frame = read_frame(file)
    _there(file, column, list(frame.columns))
    yield from _texts(iter(frame[column].fillna("").astype(str)), None)


def _there(file: Path, column: str, columns: list[str]) -> None:
    if column not in columns:
        raise CorpusError(
            f"column must be one of {file.name}", repr(column), f"choose from: {', '.join(map(str, columns))}"
        )
