"""Files and folders that are written beside their place and renamed, so that nothing is ever half written."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netwright.core.errors import InputError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a path in a temporary folder beside `path`; when the block ends well, its file goes to `path`.

    Use it around any code that writes one file. When the block raises (a full disk, an interruption), the
    temporary folder is removed and what stood at `path` stays as it was. After a kill the folder is left,
    with whatever else the code that was writing had made for itself: `clear_leftovers` removes it.

    Args:
        path: the file to write; its folder is made where it is lacking.

    Raises:
        OSError: when the folder cannot be made or written.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> with atomic_path(folder / "a.txt") as beside:
        ...     _ = beside.write_text("whole")
        >>> (folder / "a.txt").read_text()
        'whole'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    beside = room / path.name
    try:
        yield beside
        beside.chmod(0o666 & ~_umask())
        _flush(beside)
        beside.replace(path)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write text (as UTF-8) or bytes to `path`, whole or not at all.

    Args:
        path: the file to write; its folder is made where it is lacking.
        data: what the file holds afterwards.

    Raises:
        OSError: when the folder cannot be made or written, or the disk is full.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_atomically(folder / "a.txt", "whole")
        >>> (folder / "a.txt").read_text()
        'whole'
    """
    with atomic_path(path) as beside:
        beside.write_bytes(data.encode() if isinstance(data, str) else data)


@contextmanager
def atomic_folder(path: Path, *, marker: str | None = None) -> Iterator[Path]:
    """Yield a temporary sibling folder; when the block ends well, what it holds goes to `path`.

    Without `marker` the entries move into `path` one by one, each replacing an entry of its name, and
    whatever else stands there is left alone. With `marker` the folder is replaced as a whole; that is done
    only to a folder that is empty or holds the marker, so that nobody's own files are lost.

    Args:
        path: the folder to fill; made where it is lacking.
        marker: name of the file by which a folder of the same kind is known.

    Raises:
        InputError: when `path` is a file, or a folder that holds other things than the marker says.
        OSError: when the folder cannot be made or written, or the disk is full.

    Example:
        >>> folder = Path(tempfile.mkdtemp()) / "new"
        >>> with atomic_folder(folder) as beside:
        ...     _ = (beside / "a.txt").write_text("whole")
        >>> [entry.name for entry in folder.iterdir()]
        ['a.txt']
    """
    check_folder(path, marker=marker)
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield beside
        beside.chmod(0o777 & ~_umask())
        for file in beside.rglob("*"):
            if file.is_file():
                _flush(file)
        if marker is None and path.exists():
            for entry in sorted(beside.iterdir()):
                _take_place(entry, path / entry.name)
        else:
            _take_place(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_folder(path: Path, *, marker: str | None = None) -> None:
    """Raise what `atomic_folder` would raise about `path`, before long work is done for it.

    Args:
        path: the folder that is going to be written.
        marker: as in `atomic_folder`.

    Raises:
        InputError: when `path` is a file, or a folder that holds other things than the marker says.
        OSError: when nothing can be written there.

    Example:
        >>> check_folder(Path(tempfile.mkdtemp()) / "new")
    """
    if path.exists() and not path.is_dir():
        raise InputError("the output must be a folder", f"the file {path}", "name another folder")
    if marker and path.exists() and not (path / marker).exists() and any(path.iterdir()):
        raise InputError(
            f"the output folder must be new, empty or hold {marker!r} of an earlier save",
            f"{path} with other files in it",
            "name another folder",
        )
    parent = path.absolute() if path.exists() else path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    try:
        tempfile.TemporaryDirectory(dir=parent).cleanup()
    except OSError as error:  # the name of the trial folder would say nothing
        raise type(error)(error.errno, error.strerror, str(parent)) from error


def clear_leftovers(path: Path) -> None:
    """Remove what a process that was killed while writing `path` left beside and in it.

    Args:
        path: a file or folder that nobody is writing now.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / ".job.ab12cd34.part").mkdir()
        >>> clear_leftovers(folder / "job")
        >>> list(folder.iterdir())
        []
    """
    path = path.absolute()
    patterns = {path.parent: rf"\.{re.escape(path.name)}\.\w{{8}}\.part", path: r"\..+\.\w{8}\.old"}
    for place, pattern in patterns.items():
        for entry in list(place.iterdir()) if place.is_dir() else []:
            if re.fullmatch(pattern, entry.name) and entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)


def _take_place(new: Path, old: Path) -> None:
    if not old.exists():
        new.rename(old)
    elif new.is_dir() or old.is_dir():
        aside = Path(tempfile.mkdtemp(prefix=f".{old.name}.", suffix=".old", dir=old.parent))
        old.rename(aside / "old")
        new.rename(old)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        new.replace(old)


def _flush(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
