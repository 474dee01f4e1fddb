"""By what the pictures of a job are known, so that it goes on with the same ones."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from netwright.core.errors import ImageError
from netwright.data import read_image_table
from netwright.data.images.reading import each
from netwright.workbench.call import Call, Fingerprint
from netwright.workbench.pictures.source import IMAGES, Reading

HEAD = 1 << 16
"""Bytes of each picture that are looked at, beside its name and its size: the whole of small ones."""


def fingerprint(data: Any, reading: Reading) -> Fingerprint:
    """Return that of a source of pictures: names, sizes and the first 64 KB of all files.

    Arrays and idx files are looked at whole.

    Args:
        data: as `read_source` takes it.
        reading: how it is read.

    Raises:
        ImageError: when there is no such file or folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.png").write_bytes(b"12345")
        >>> fingerprint(folder, Reading()).size
        5
    """
    path = Path(data).absolute()
    if not path.exists():
        raise ImageError(f"{data} must be a file or a folder", "nothing of that name", "check the spelling")
    whole, total = hashlib.sha256(), 0
    with ThreadPoolExecutor() as threads:
        for name, size, digest in each(threads, partial(_look, path), list(_files(path, reading))):
            whole.update(f"{name}\0{size}\0{digest}\n".encode("utf8", "surrogateescape"))
            total += size
    return Fingerprint(named=str(data), path=str(path), size=total, sha256=whole.hexdigest())


def fingerprint_of(call: Call, data: str) -> Fingerprint:
    """Return that of a file or folder, read as a job reads its own.

    Args:
        call: what the job was told.
        data: the file or folder.
    """
    return fingerprint(data, Reading(call.image, call.target)) if call.pictures else Fingerprint.of(data)


def _files(path: Path, reading: Reading) -> Iterable[Path]:
    if reading.image is not None:
        paths, _ = read_image_table(path, reading.image, reading.target)
        return [path, *paths]
    if path.is_dir():
        return _below(path)
    if IMAGES.search(path.name):
        return (one for one in sorted(path.parent.iterdir()) if "-ubyte" in one.name)
    return [path]


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path


def _look(root: Path, path: Path) -> tuple[str, int, str]:
    """Name, size and the hash of what is looked at."""
    name = str(path.relative_to(root)) if root in path.parents else path.name
    is_whole = path.suffix in (".npz", ".csv", ".gz") or "-ubyte" in path.name
    try:
        with path.open("rb") as stream:
            if is_whole:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            else:
                digest = hashlib.sha256(stream.read(HEAD)).hexdigest()
        return name, path.stat().st_size, digest
    except OSError as error:
        came = error.strerror or type(error).__name__
        raise ImageError(f"{path} must be a file that can be read", came, "check its permissions") from error
