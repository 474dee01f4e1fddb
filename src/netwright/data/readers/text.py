"""Bytes of a text file, plain or gzipped, with a clear error for whatever is not text."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from netwright.core.errors import TableError

BLOCK = 1 << 22
# the first bytes of files that people pass by mistake
SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"ARROW1": "a Feather file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x7fELF": "a program",
    b"\x93NUMPY": "a NumPy array",
    b"SQLite format 3": "an SQLite database",
}
TEXT_REMEDY = "save the table as CSV, TSV, Parquet, Feather or JSON lines"
UTF8_REMEDY = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"


def check_file(path: Path) -> None:
    """Raise unless `path` is a file that can be opened and is not empty.

    Args:
        path: the file.

    Raises:
        TableError: when it is missing, a directory, not readable or empty.

    Example:
        >>> check_file(Path("nowhere.csv"))
        Traceback (most recent call last):
        netwright.core.errors.TableError: the table must be a file, got nowhere.csv, which does not exist; ...
    """
    try:
        if path.is_dir():
            raise TableError("the table must be a file", f"the directory {path}", "name a file inside it")
        if not path.exists():
            remedy = "check the spelling and the current directory"
            raise TableError("the table must be a file", f"{path}, which does not exist", remedy)
        with path.open("rb") as stream:
            if not stream.read(1):
                remedy = "check how it was written"
                raise TableError(f"{path} must hold a table", "an empty file", remedy)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> TableError:
    """Return the error for a file that the system does not let us read.

    Args:
        path: the file.
        error: what the system said.

    Example:
        >>> str(unreadable(Path("a.csv"), PermissionError(13, "Permission denied")))
        "a.csv must be readable, got the system's answer 'Permission denied'; check its permissions"
    """
    came = f"the system's answer {str(error.strerror or error)!r}"
    return TableError(f"{path} must be readable", came, "check its permissions")


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes; gzip is recognised by its first bytes, not by its name.

    Args:
        path: the file.

    Raises:
        TableError: when a gzipped file is truncated or damaged, or the file cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv.gz"
        >>> _ = path.write_bytes(gzip.compress(b"a,b"))
        >>> with open_bytes(path) as stream:
        ...     stream.read()
        b'a,b'
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not zipped:
                yield raw
                return
            with gzip.open(raw, "rb") as stream:
                yield stream  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        remedy = "fetch or write the file again"
        raise TableError(f"{path} must be a whole gzip file", "a truncated or damaged one", remedy) from error
    except OSError as error:
        raise unreadable(path, error) from error


def head_of(path: Path, size: int = 1 << 20) -> str:
    r"""Return the first part of a text file, after checking that it is text.

    Args:
        path: the file, plain or gzipped.
        size: how many bytes of it.

    Raises:
        TableError: when the bytes are known as another kind of file, or are not UTF-8.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_bytes(b"PK\x03\x04")
        >>> head_of(path)
        Traceback (most recent call last):
        netwright.core.errors.TableError: ... must hold text, got a zip archive or an Excel workbook; save ...
    """
    with open_bytes(path) as stream:
        head = stream.read(size)
    for signature, name in SIGNATURES.items():
        if head.startswith(signature):
            raise TableError(f"{path} must hold text", name, TEXT_REMEDY)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(f"{path} must be encoded as UTF-8", "UTF-16 (by its first two bytes)", UTF8_REMEDY)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        check_text(path, head, 0, 1)
    if not text.strip():
        raise TableError(f"{path} must hold a table", "an empty file", "check how it was written")
    return text


def check_text(path: Path, block: bytes, offset: int, line: int) -> None:
    r"""Raise unless a block of whole lines is UTF-8 without NUL bytes.

    Args:
        path: the file that the block stands in.
        block: whole lines of it.
        offset: bytes before the block.
        line: number of the block's first line.

    Raises:
        TableError: naming the byte and the line.

    Example:
        >>> check_text(Path("a.csv"), b"caf\xe9", offset=0, line=1)
        Traceback (most recent call last):
        netwright.core.errors.TableError: a.csv must be encoded as UTF-8, got byte 0xe9 at position 3, ...
    """
    nul = block.find(b"\x00")
    if nul >= 0:
        at = line + block.count(b"\n", 0, nul)
        came = f"a NUL byte at position {offset + nul}, line {at}"
        raise TableError(f"{path} must hold text", came, TEXT_REMEDY)
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        at = line + block.count(b"\n", 0, error.start)
        came = f"byte 0x{block[error.start]:02x} at position {offset + error.start}, line {at}"
        raise TableError(f"{path} must be encoded as UTF-8", came, UTF8_REMEDY) from error


def line_blocks(stream: IO[bytes], size: int = BLOCK) -> Iterator[bytes]:
    r"""Yield the bytes of a stream in blocks that end with a line end (the last one with the file).

    Args:
        stream: where the bytes come from.
        size: bytes per block, about.

    Example:
        >>> import io
        >>> list(line_blocks(io.BytesIO(b"one\ntwo\nthree"), size=5))
        [b'one\n', b'two\n', b'three']
    """
    rest: list[bytes] = []
    while block := stream.read(size):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join([*rest, block[:cut]])
            rest = [block[cut:]]
        else:
            rest.append(block)
    if last := b"".join(rest):
        yield last
