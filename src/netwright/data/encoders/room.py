"""Memory for large arrays, in pages as they come."""

from typing import Any

import numpy as np
import torch


def make_room(shape: tuple[int, ...], dtype: Any, *, zeros: bool = False) -> np.ndarray:
    """Return an array whose values are still open, or zeros.

    numpy asks Linux for huge pages behind every large array. Where memory is in use, as on most servers, the
    kernel has to move other pages out of the way first, which can take longer than to fill the array; torch
    does not ask.

    Args:
        shape: of the array.
        dtype: of numpy.
        zeros: whether it is filled with zeros.

    Example:
        >>> make_room((2, 3), np.float32, zeros=True)
        array([[0., 0., 0.],
               [0., 0., 0.]], dtype=float32)
    """
    kind = np.dtype(dtype)
    n_bytes = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    memory = (torch.zeros if zeros else torch.empty)(n_bytes, dtype=torch.uint8)
    array: np.ndarray = memory.numpy().view(kind).reshape(shape)
    return array
