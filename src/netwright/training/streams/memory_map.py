"""Arrays that stay on the disk while their rows are taken by number."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from netwright.core.errors import InputError
from netwright.training.samples import Batch

Source = str | Path | np.ndarray


@final
@dataclass(eq=False)
class MemoryMapSamples:
    """Inputs and targets in `.npy` files, of which only the rows of a batch come into memory.

    Use it for arrays larger than memory whose rows are taken in any order; the disk should be a fast one. The
    rows of a batch are read in the order of the file. Files are opened again where the samples are unpickled.

    Args:
        inputs: (rows, ...); a file written by `numpy.save`, or an array. Floating-point numbers are given as
            float32, all others as they stand.
        target: (rows, ...), likewise; whole numbers and truth values are given as int64.
        weight: (rows), or None; given as float32.

    Raises:
        InputError: when a file is no array of numbers, or the lengths differ.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "inputs.npy"
        >>> np.save(path, np.arange(6.0).reshape(3, 2))
        >>> samples = MemoryMapSamples(path, np.array([0, 1, 0]))
        >>> samples[torch.tensor([2, 0])].inputs
        tensor([[4., 5.],
                [0., 1.]])
    """

    inputs: Source
    target: Source
    weight: Source | None = None

    def __post_init__(self) -> None:
        self._inputs, self._target = _opened("inputs", self.inputs), _opened("target", self.target)
        self._weight = None if self.weight is None else _opened("weight", self.weight)
        lengths = sorted({len(a) for a in (self._inputs, self._target, self._weight) if a is not None})
        if len(lengths) > 1:
            expected = "inputs, target and weight must have as many rows as each other"
            mend = "give one target, and one weight if any, for each row"
            raise InputError(expected, " and ".join(map(str, lengths)) + " rows", mend)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.inputs, self.target, self.weight)  # a pickled map would be the whole array

    def __len__(self) -> int:
        return len(self._target)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> Batch:
        ascending, order = rows.cpu().sort()
        back = order.argsort()
        target = _taken(self._target, ascending)[back]
        if not target.is_floating_point():
            target = target.long()
        weight = None if self._weight is None else _taken(self._weight, ascending)[back].float()
        return Batch(_taken(self._inputs, ascending)[back], target, weight)


def _opened(name: str, source: Source) -> np.ndarray:
    try:
        array = source if isinstance(source, np.ndarray) else np.load(source, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        came = " ".join(str(error).split())[:80]
        raise InputError(
            f"{name} must be an array file of numpy's", came, "write it by numpy.save"
        ) from error
    if not isinstance(array, np.ndarray):
        raise InputError(
            f"{name} must be a single array", f"an archive, {source}", "save each array by itself"
        )
    if array.dtype.kind not in "biuf" or array.ndim == 0 or len(array) == 0:
        came = f"{array.dtype} of shape {array.shape}"
        raise InputError(f"{name} must hold rows of numbers", came, "give an array of integers or floats")
    return array


def _taken(array: np.ndarray, rows: Tensor) -> Tensor:
    taken = array[rows.numpy()]
    kind = np.dtype(np.float32) if taken.dtype.kind == "f" else taken.dtype.newbyteorder("=")
    return torch.from_numpy(np.asarray(taken, dtype=kind))
