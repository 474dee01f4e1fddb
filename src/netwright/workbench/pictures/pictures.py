"""Pictures with what is known of each, in memory or in their files."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from netwright.data.images.file_rows import FileRows

BYTES_AT_ONCE = 1 << 26
"""Of pictures that are looked at together."""


@dataclass
class Pictures:
    """Pictures with what is known of each.

    Args:
        pixels: uint8 (rows, channels, height, width); or rows of files that are read as they are needed.
        labels: one for each, or None where nothing is known.
        names: of their files, or their row numbers.
        target: what the labels are called.
        left_out: what is wrong with files that are not among them.

    Example:
        >>> Pictures(torch.zeros(2, 1, 3, 3, dtype=torch.uint8), None, ["a", "b"]).some([1]).shape
        torch.Size([1, 1, 3, 3])
    """

    pixels: UInt8[Tensor, "rows channels height width"] | FileRows
    labels: np.ndarray | None
    names: list[str]
    target: str = "class"
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def in_files(self) -> bool:
        """Whether they are read as they are needed."""
        return isinstance(self.pixels, FileRows)

    def some(self, rows: Any) -> UInt8[Tensor, "some channels height width"]:
        """Return the pixels of some of them.

        Args:
            rows: their numbers.
        """
        return self.pixels[torch.as_tensor(rows, dtype=torch.int64)]

    def take(self, rows: np.ndarray) -> "Pictures":
        """Return some of them.

        Args:
            rows: their numbers.
        """
        places = torch.as_tensor(rows, dtype=torch.int64)
        pixels = self.pixels.take(places) if isinstance(self.pixels, FileRows) else self.pixels[places]
        labels = None if self.labels is None else np.asarray(self.labels)[rows]
        return Pictures(pixels, labels, [self.names[row] for row in rows], self.target)

    def parts(self) -> Iterator[UInt8[Tensor, "some channels height width"]]:
        """Give the pixels of all in their order, some at once."""
        n_rows = max(1, BYTES_AT_ONCE // math.prod(self.pixels.shape[1:]))
        if isinstance(self.pixels, FileRows):
            yield from self.pixels.parts(n_rows)
        else:
            yield from self.pixels.split(n_rows)  # type: ignore[no-untyped-call]
