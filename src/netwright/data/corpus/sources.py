"""Where text comes from: a file, a folder, a column of a table, or texts and lists of tokens in memory."""

import gzip
import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from netwright.core.errors import InputError
from netwright.data.corpus.tokenizer import BETWEEN

PIECE = 1 << 22
"""Bytes that are read at a time."""
TEXTS = 4096
TABLES = {".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow", ".jsonl", ".ndjson", ".json"}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CorpusError(InputError):
    """A text that cannot be read as a corpus."""


class Place(NamedTuple):
    """What the lines of some bytes are called in messages.

    Args:
        unit: what one line is, such as a row.
        of: what it is one of.

    Example:
        >>> Place("row", "of reviews.csv").called(3)
        'row 3 of reviews.csv'
    """

    unit: str
    of: str

    def called(self, number: int) -> str:
        """Return the name of one line.

        Args:
            number: from 1.
        """
        return f"{self.unit} {number} {self.of}"


ITEMS = Place("text", "of the corpus")


def pieces(source: Any, column: str | None = None) -> tuple[bool, Iterator[tuple[Place, bytes]]]:
    r"""Return whether a source holds tokens rather than text, and its bytes with the name of their place.

    Args:
        source: a file (plain, .gz, or a table), a folder of files, a data frame, or an iterable of texts or
            of lists of tokens.
        column: of the tables or the data frame, where the source is one.

    Raises:
        CorpusError: when it is none of these.

    Example:
        >>> tokens, bytes_ = pieces([["new york", "is"], ["big"]])
        >>> tokens, next(bytes_)[1].split(b"\n")[:2]
        (True, [b'new york\x1fis', b'big'])
    """
    if isinstance(source, str | Path):
        return False, _files(Path(source), column)
    if hasattr(source, "columns"):
        _there("the data frame", column, list(source.columns))
        source = source[column]
    if isinstance(source, bytes | Mapping) or not isinstance(source, Iterable):
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
    return tokens, _texts(itertools.chain([first], items), tokens=tokens, place=ITEMS)


def _texts(items: Iterator[Any], *, tokens: bool, place: Place) -> Iterator[tuple[Place, bytes]]:
    """Lines of text, one for each item, many at a time."""
    for number in itertools.count(0, TEXTS):
        some = list(itertools.islice(items, TEXTS))
        if not some:
            return
        texts = [_text(one, place, number + i + 1, tokens=tokens) for i, one in enumerate(some)]
        try:
            yield place, ("\n".join(texts) + "\n").encode()
        except UnicodeEncodeError as error:
            raise CorpusError(
                "texts must be Unicode without lone surrogates",
                f"{error.object[error.start]!r} near {place.called(number + 1)}",
                "encode with errors='replace' first",
            ) from error


def _text(one: Any, place: Place, number: int, *, tokens: bool) -> str:
    """One item as one line."""
    try:
        if isinstance(one, str) == tokens:
            raise TypeError
        return (BETWEEN.join(one) if tokens else one).replace("\n", " ")
    except (TypeError, AttributeError):
        row = "a list of tokens" if tokens else "a text"
        raise CorpusError(
            f"each item of the corpus must be {row}, as the first one is",
            f"{one!r:.40} as {place.called(number)}",
            "drop it, or make it one",
        ) from None


def _files(path: Path, column: str | None) -> Iterator[tuple[Place, bytes]]:
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
        if column is not None and _kind(file) in TABLES:
            yield from _column(file, column)
        else:
            yield from _plain(file)


def _kind(file: Path) -> str:
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() != ".gz"]
    return suffixes[-1] if suffixes else ""


def _plain(file: Path) -> Iterator[tuple[Place, bytes]]:
    """The bytes of a file, without the mark at its beginning and with an end of its last line."""
    place, piece, last = Place("line", f"of {file}"), b"", b"\n"
    with gzip.open(file) if file.suffix.lower() == ".gz" else file.open("rb") as stream:
        if (start := _read(stream, file, len(BYTE_ORDER_MARK))) != BYTE_ORDER_MARK:
            piece = start
        while piece := piece + _read(stream, file, PIECE):
            yield place, piece
            piece, last = b"", piece[-1:]
    if last != b"\n":
        yield place, b"\n"


def _read(stream: Any, file: Path, n: int) -> bytes:
    try:
        return bytes(stream.read(n))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(
            "a .gz file must be whole and gzipped", f"{file}: {error}", "pack it anew, or rename it"
        ) from error


def _column(file: Path, column: str) -> Iterator[tuple[Place, bytes]]:
    """Texts of one column: Parquet by row groups, other tables at once."""
    place = Place("row", f"of {file}")
    if file.suffix.lower() in (".parquet", ".pq"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.ParquetFile(file)
        except pa.ArrowInvalid as error:
            raise CorpusError(
                "a .parquet file must hold a table", f"{file}: {error}", "write it anew"
            ) from error
        _there(file.name, column, table.schema_arrow.names)
        parts = (batch.column(0).to_pylist() for batch in table.iter_batches(TEXTS, columns=[column]))
        texts = ("" if text is None else text for part in parts for text in part)
        yield from _texts(texts, tokens=False, place=place)
        return
    from netwright.data.readers import read_frame

    frame = read_frame(file)
    _there(file.name, column, list(frame.columns))
    yield from _texts(iter(frame[column].fillna("").astype(str)), tokens=False, place=place)


def _there(table: str, column: str | None, columns: list[Any]) -> None:
    if column not in columns:
        raise CorpusError(
            f"column must be one of {table}", repr(column), f"choose from: {', '.join(map(str, columns))}"
        )
