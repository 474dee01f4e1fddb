"""Arrays in the idx format, in which MNIST and its successors are given out."""

import gzip
import math
import struct
from pathlib import Path

import numpy as np

from netwright.core.errors import ImageError

KINDS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The third byte of a file, and the type of number that it stands for."""


def read_idx(path: str | Path) -> np.ndarray:
    """Return the array of an idx file, which may be compressed by gzip.

    Use it for Fashion-MNIST, MNIST and others of their kind. Numbers of several bytes come in the machine's
    own order.

        two zero bytes, type, number of axes; the length of each axis, 4 bytes each; the numbers

    Args:
        path: of the file.

    Raises:
        ImageError: naming the file, when it is missing, something else, or cut.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "labels-idx1-ubyte"
        >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
        >>> read_idx(path)
        array([7, 8, 9], dtype=uint8)
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except FileNotFoundError as error:
        raise ImageError(f"{path} must be a file", "none of that name", "check the spelling") from error
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise ImageError(f"{path} must be whole", f"{error}", "fetch the file again") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in KINDS or not data[3]:
        came = f"one that begins with {data[:4].hex(' ') or 'nothing'}"
        raise ImageError(
            f"{path} must be an idx file", came, "name a file such as train-images-idx3-ubyte.gz"
        )
    head = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:head]) if len(data) >= head else ()
    kind = np.dtype(KINDS[data[2]])
    wanted = head + math.prod(shape) * kind.itemsize
    if not shape or len(data) != wanted:
        came = f"{len(data):,} bytes where {wanted:,} are announced"
        raise ImageError(f"{path} must be whole", came, "fetch the file again")
    array = np.frombuffer(data, kind, offset=head).reshape(shape)
    return array.astype(kind.newbyteorder("="))
