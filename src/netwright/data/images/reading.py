"""Pictures in any form as one tensor of bytes."""

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netwright.core.errors import ImageError
from netwright.data.images.decoding import Header, decode, look_at
from netwright.data.images.fitting import Fit, Size, fit_pictures, to_channels, two_sides
from netwright.data.images.layout import Layout, to_bytes

AT_ONCE = 64
"""Files that one task of a thread reads."""

WORTH_THREADS = 4096
"""Bytes of a file from which on two threads are as fast as one; they are slower by a third at 2 KB."""


def read_images(
    X: Any,
    *,
    size: Size | None = None,
    channels: int | None = None,
    layout: Layout | None = None,
    fit: Fit = "letterbox",
    n_workers: int | None = None,
) -> Tensor:
    """Return pictures as uint8 (rows, channels, height, width).

    Use it for whatever fits in memory; `ImageFiles` reads files as they are needed. Sizes change by bilinear
    scaling with antialiasing. Of files: 16 bits become 8; CMYK becomes RGB; transparent parts become white;
    of an animation the first frame is read; an EXIF orientation is obeyed; large JPEGs are decoded at a
    reduced size, at least twice the one that they are scaled to.

    Args:
        X: an array or tensor (rows, height, width[, channels]) or (rows, channels, height, width), of uint8,
            bool, uint16 (65535 is full), floats from 0 to 1 or whole numbers from 0 to 255; or a sequence of
            paths, of Pillow's pictures, or of arrays (height, width[, channels]) whose sizes may differ.
        size: of all pictures, (height, width) or one number for both; None for their own. Where they have
            several, the commonest is taken, with a warning that says so.
        channels: 1 for grey, 3 for colour, or what an array has; None for colour where any picture has some.
        layout: "nhw", "nhwc" or "nchw", where the shape of an array leaves it open.
        fit: "letterbox" keeps all of a picture and fills what is left with the mean colour of its edges;
            "crop" cuts off what is too much, alike on both sides; "stretch" changes its proportions.
        n_workers: threads that read files; None for one a processor, or one alone where files are small.

    Raises:
        ImageError: naming the file or the row: unreadable, truncated, of a single pixel, too large, or of an
            unknown layout or range.

    Example:
        >>> read_images(np.zeros((5, 8, 8))).shape
        torch.Size([5, 1, 8, 8])
        >>> read_images([Image.new("RGB", (60, 40)), Image.new("L", (9, 9))], size=32).shape
        torch.Size([2, 3, 32, 32])
    """
    sides = None if size is None else two_sides(size)
    pictures = _sequence(X)
    if pictures is None:
        tensor = to_channels(to_bytes(X, channels=channels, layout=layout), channels)
        return tensor if sides is None else fit_pictures(tensor, sides, fit)
    if not len(pictures):
        raise ImageError("X must hold at least one picture", "none", "check the list")
    if all(_is_file_or_picture(picture) for picture in pictures):
        return _from_files(pictures, sides, channels, fit, n_workers)
    return _from_arrays(pictures, sides, channels, fit)


def _sequence(X: Any) -> Sequence[Any] | None:
    """X as a list of single pictures, or None where it is one array."""
    if isinstance(X, (str, Path, Image.Image)):
        expected = "X must be several pictures"
        raise ImageError(
            expected, f"one {type(X).__name__}", "put it in a list, [X], or read_image_folder(X)"
        )
    if isinstance(X, Tensor):
        return None
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        return X.ravel().tolist() if X.dtype.kind in "UO" else None
    one_by_one = list(X) if isinstance(X, Iterable) else None
    if one_by_one and all(isinstance(value, (list, tuple)) for value in one_by_one):
        return None  # an array in lists
    return one_by_one


def _is_file_or_picture(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike, Image.Image))


def _from_files(
    pictures: Sequence[Any],
    size: tuple[int, int] | None,
    channels: int | None,
    fit: Fit,
    n_workers: int | None,
) -> Tensor:
    if channels not in (None, 1, 3):
        raise ImageError("channels of files must be 1, 3 or None", repr(channels), "3 is colour, 1 grey")
    with ThreadPoolExecutor(n_workers or threads_for(pictures)) as threads:
        if size is None or channels is None:
            size, channels = settle(each(threads, look_at, pictures), size, channels)
        out = torch.empty(len(pictures), channels, *size, dtype=torch.uint8)
        read = partial(decode, size=size, channels=channels, fit=fit)
        for row, picture in enumerate(each(threads, read, pictures)):
            out[row] = picture
    return out


def _from_arrays(
    pictures: Sequence[Any], size: tuple[int, int] | None, channels: int | None, fit: Fit
) -> Tensor:
    tensors = [_one(picture, row, channels) for row, picture in enumerate(pictures)]
    headers = [Header(t.shape[2], t.shape[3], is_grey=t.shape[1] == 1) for t in tensors]
    if size is None or channels is None:
        counts = {t.shape[1] for t in tensors}
        given = counts.pop() if len(counts) == 1 and channels is None else channels
        size, channels = settle(headers, size, given)
    return torch.cat([fit_pictures(to_channels(t, channels), size, fit) for t in tensors])


def _one(picture: Any, row: int, channels: int | None) -> Tensor:
    try:
        shape = tuple(np.shape(picture))
        if len(shape) == 2:
            return to_bytes(picture[None], layout="nhw")
        return to_bytes(picture[None], channels=channels)
    except ImageError as error:
        came = f"{error.came} (in row {row}, counted from 0)"
        raise ImageError(error.expected, came, "give all pictures as one array with layout=") from None
    except (TypeError, IndexError, KeyError, ValueError) as error:
        came = f"{type(picture).__name__} in row {row}, counted from 0"
        raise ImageError("X must hold paths, Pillow's pictures or arrays", came, "give one kind") from error


def settle(
    headers: Iterable[Header], size: tuple[int, int] | None, channels: int | None
) -> tuple[tuple[int, int], int]:
    """Return the size and the channels that pictures shall have, the commonest size where none is given.

    Args:
        headers: of all pictures.
        size: that is asked for, or None.
        channels: that are asked for, or None.

    Example:
        >>> settle([Header(8, 9, is_grey=True)], None, None)
        ((8, 9), 1)
    """
    known = list(headers)
    if size is None:
        counts = Counter((header.height, header.width) for header in known)
        size, times = counts.most_common(1)[0]
        if len(counts) > 1:
            warnings.warn(
                f"the pictures have {len(counts)} sizes; all are brought to the commonest one, "
                f"{size[0]} x {size[1]} (height x width, {times} of {len(known)}): give size= for another",
                stacklevel=4,
            )
    return size, channels or (1 if all(header.is_grey for header in known) else 3)


def threads_for(pictures: Sequence[Any]) -> int:
    """Return how many threads to read with: one where files are small, else one a processor.

    Threads that read small files wait for each other in Python, and are slower together than one alone.

    Args:
        pictures: paths, or pictures of Pillow's; some of them are looked at.

    Example:
        >>> threads_for([Image.new("L", (30, 20))]) == os.cpu_count()
        True
    """
    some = pictures[:: len(pictures) // 16 + 1]
    files = [Path(one) for one in some if not isinstance(one, Image.Image)]
    sizes = [file.stat().st_size for file in files if file.is_file()]
    return 1 if sizes and median(sizes) < WORTH_THREADS else os.cpu_count() or 1


def each(threads: ThreadPoolExecutor, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterable[Any]:
    """Give what a function makes of each item in turn, made by threads some blocks ahead.

    The first error is raised, and what was not begun is left undone.

    Args:
        threads: that work.
        function: item -> anything.
        items: what there is to do.

    Example:
        >>> with ThreadPoolExecutor(2) as threads:
        ...     list(each(threads, abs, [-1, 2]))
        [1, 2]
    """
    starts = iter(range(0, len(items), AT_ONCE))

    def block(start: int) -> list[Any]:
        return [function(item) for item in items[start : start + AT_ONCE]]

    ahead = [threads.submit(block, start) for _, start in zip(range(8), starts, strict=False)]
    try:
        while ahead:
            yield from ahead.pop(0).result()
            if (start := next(starts, None)) is not None:
                ahead.append(threads.submit(block, start))
    finally:
        for task in ahead:
            task.cancel()
