"""Where pictures and their labels come from: folders of classes, tables of paths, arrays in files."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.errors import ImageError
from netwright.core.memory import available_memory
from netwright.data import ImageFiles, check_images, read_image_folder, read_image_table, read_images
from netwright.data.images.decoding import Header, look_at
from netwright.data.images.file_rows import FileRows
from netwright.data.images.idx import read_idx
from netwright.data.images.reading import each
from netwright.workbench.pictures.pictures import Pictures

LARGEST = 128
"""Pixels along the longer side of pictures in files, unless more is asked for."""

SHARE = 4
"""Of the memory that is free, the part of it that pictures may take: parts of them are copied on the way."""

IMAGES = re.compile(r"(?:(?P<part>[\w-]*?)-)?images[-.]idx\d-ubyte(\.gz)?$")
ARRAYS = {"X": ("X", "x", "x_train", "X_train"), "y": ("y", "y_train")}
HELD_OUT = {"X": ("X_test", "x_test"), "y": ("y_test",)}


@dataclass(frozen=True)
class Reading:
    """How pictures are read.

    Args:
        image: the column of paths, where the source is a table.
        target: the column of labels there.
        size: height and width, or None to choose.
        channels: 1, 3, or None to choose.
        memory: bytes that pictures may take; files that need more are read as they are needed. None for a
            quarter of what is free.
        skip: whether files that cannot be read are left out, instead of raising an error.
    """

    image: str | None = None
    target: str | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    memory: int | None = None
    skip: bool = False


def is_pictures(data: Any, image: str | None = None) -> bool:
    """Return whether a source is one of pictures rather than a table.

    Args:
        data: what the user named.
        image: the column of paths that the user named.

    Example:
        >>> is_pictures("flowers.csv"), is_pictures("flowers.csv", "file"), is_pictures("train.npz")
        (False, True, True)
    """
    if image is not None:
        return True
    if not isinstance(data, (str, Path)):
        return False
    path = Path(data)
    return path.is_dir() or path.suffix == ".npz" or bool(IMAGES.search(path.name))


def read_source(data: Any, reading: Reading) -> tuple[Pictures, Pictures | None]:
    """Return the pictures of a source, and those that it names as test pictures itself, or None.

    Args:
        data: a folder with a folder for each class, or with `train` and `test` of that kind; a folder of idx
            files, or one of them; an .npz file of arrays X and y, and perhaps X_test and y_test; a table of
            paths; or a list of files.
        reading: how.

    Raises:
        ImageError: naming the file, folder, row or array that cannot be used.
    """
    if isinstance(data, (list, tuple)):
        return _of_files([Path(one) for one in data], None, reading), None
    path = Path(data)
    if reading.image is not None:
        paths, labels = read_image_table(path, reading.image, reading.target)
        found = _of_files(paths, labels, reading)
        found.target = reading.target or found.target
        return found, None
    if path.is_dir():
        return _of_folder(path, reading)
    if path.suffix == ".npz":
        return _of_arrays(path, reading)
    if IMAGES.search(path.name):
        return _of_idx(path.parent, reading)
    return _of_files([path], None, reading), None


def _of_folder(folder: Path, reading: Reading) -> tuple[Pictures, Pictures | None]:
    if any(IMAGES.search(path.name) for path in folder.iterdir() if path.is_file()):
        return _of_idx(folder, reading)
    parts = [folder / "train", folder / "test"]
    if all(part.is_dir() for part in parts):
        learn = _of_classes(parts[0], reading)
        shape = tuple(learn.pixels.shape)
        same = replace(reading, size=(shape[2], shape[3]), channels=shape[1])
        return learn, _of_classes(parts[1], same)
    return _of_classes(folder, reading), None


def _of_classes(folder: Path, reading: Reading) -> Pictures:
    paths, labels = read_image_folder(folder)
    found = _of_files(paths, labels, reading)
    found.names = [str(Path(name).relative_to(folder)) for name in found.names]
    return found


def _of_files(paths: Sequence[Path], labels: np.ndarray | None, reading: Reading) -> Pictures:
    left_out: tuple[str, ...] = ()
    if reading.skip:
        problems = check_images(paths)
        kept = np.setdiff1d(np.arange(len(paths)), problems.row)
        if not len(kept):
            raise ImageError(
                "a picture must be readable at least", str(problems.problem[0]), "mend the files"
            )
        left_out = tuple(problems.problem)
        paths, labels = [paths[row] for row in kept], None if labels is None else labels[kept]
    size, channels = _form(paths, reading)
    names = [str(path) for path in paths]
    limit = available_memory() // SHARE if reading.memory is None else reading.memory
    if len(paths) * channels * size[0] * size[1] <= limit:
        pixels: Any = read_images(paths, size=size, channels=channels)
    else:
        files = ImageFiles(paths, size=size, channels=channels, memory=limit, processes=True)
        pixels = FileRows(files)
    return Pictures(pixels, labels, names, left_out=left_out)


def _form(paths: Sequence[Path], reading: Reading) -> tuple[tuple[int, int], int]:
    """The size and the channels to which files are read."""
    if reading.size is not None and reading.channels is not None:
        return reading.size, reading.channels
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        heads: list[Header] = list(each(threads, look_at, paths))
    colours = 1 if all(head.is_grey for head in heads) else 3
    return reading.size or choose_size(heads), reading.channels or colours


def choose_size(heads: Sequence[Header]) -> tuple[int, int]:
    """Return the size to which files are read: the commonest one, its longer side 128 pixels at most.

    Args:
        heads: what the files say of their pictures.

    Example:
        >>> choose_size([Header(200, 400, is_grey=True)])
        (64, 128)
    """
    (height, width), _ = Counter((head.height, head.width) for head in heads).most_common(1)[0]
    scale = min(1.0, LARGEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _of_arrays(path: Path, reading: Reading) -> tuple[Pictures, Pictures | None]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise ImageError(f"{path} must be a file", "none of that name", "check the spelling") from error
    except Exception as error:  # numpy and zipfile raise whatever a damaged file leads them to
        came = " ".join(str(error).split())[:80]
        mend = "write it again by numpy.savez, without Python objects"
        raise ImageError(f"{path} must hold arrays that can be read", came, mend) from error
    learn = _pair(arrays, ARRAYS, path, reading)
    if learn is None:
        came = f"{', '.join(sorted(arrays)[:6]) or 'nothing'}"
        raise ImageError(f"{path} must hold an array X", came, "numpy.savez(path, X=pictures, y=labels)")
    return learn, _pair(arrays, HELD_OUT, path, reading)


def _pair(
    arrays: dict[str, np.ndarray], names: dict[str, tuple[str, ...]], path: Path, reading: Reading
) -> Pictures | None:
    X, y = (next((arrays[name] for name in names[part] if name in arrays), None) for part in ("X", "y"))
    return None if X is None else _paired(X, y, path, reading)


def _of_idx(folder: Path, reading: Reading) -> tuple[Pictures, Pictures | None]:
    found: dict[str, Pictures] = {}
    for path in sorted(folder.iterdir()):
        match = IMAGES.search(path.name)
        if match is None:
            continue
        name = re.sub(r"images([-.])idx\d", r"labels\1idx1", path.name)
        beside = [folder / name, folder / f"{name}.gz", folder / name.removesuffix(".gz")]
        labels = next((read_idx(one) for one in beside if one.is_file()), None)
        found[match["part"] or ""] = _paired(read_idx(path), labels, path, reading)
    test = next((found.pop(part) for part in ("t10k", "test") if part in found and len(found) > 1), None)
    if len(found) != 1:
        came = f"the parts {', '.join(found)}"
        raise ImageError(f"{folder} must hold one set of idx files, and one for tests", came, "part them")
    return found.popitem()[1], test


def _paired(X: np.ndarray, y: np.ndarray | None, path: Path, reading: Reading) -> Pictures:
    pixels = read_images(X, size=reading.size, channels=reading.channels)
    if y is not None and (y.ndim != 1 or len(y) != len(pixels)):
        came = f"{len(pixels)} pictures and labels of shape {y.shape}"
        raise ImageError(f"{path} must have a label for each picture", came, "give one each")
    return Pictures(pixels, y, [f"row {row + 1}" for row in range(len(pixels))])
