"""Some rows of pictures in files, which are read when they are asked for."""

from collections.abc import Iterator
from typing import Any, final

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor


@final
class FileRows:
    """Some rows of `ImageFiles`, without a copy: what one of them reads ahead or keeps serves all.

    Args:
        files: an `ImageFiles`.
        rows: which of them, each once or more; None for all.

    Attributes:
        shape: as a tensor of them would have.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from netwright.data import ImageFiles
        >>> paths = [Path(tempfile.mkdtemp()) / f"{shade}.png" for shade in (0, 100, 200)]
        >>> for shade, path in zip((0, 100, 200), paths):
        ...     Image.new("L", (40, 30), shade).save(path)
        >>> some = FileRows(ImageFiles(paths, size=16), torch.tensor([2, 1]))
        >>> some.shape, some[torch.tensor([0])][0, 0, 0, 0].item()
        ((2, 1, 16, 16), 200)
    """

    def __init__(self, files: Any, rows: Int64[Tensor, " rows"] | None = None) -> None:
        self.files = files
        self.rows = torch.arange(len(files)) if rows is None else rows
        self.shape = (len(self.rows), *files.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> UInt8[Tensor, "batch channels height width"]:
        found: Tensor = self.files[self.rows[rows]]
        return found

    def take(self, rows: Int64[Tensor, " some"]) -> "FileRows":
        """Return some of these rows.

        Args:
            rows: their places among these.
        """
        return FileRows(self.files, self.rows[rows])

    def expect(self, rows: Int64[Tensor, " rows"]) -> None:
        """Be told which rows come next.

        Args:
            rows: in their order.
        """
        self.files.expect(self.rows[rows])

    def parts(self, n_rows: int) -> Iterator[UInt8[Tensor, "some channels height width"]]:
        """Give all rows in their order, so many at once.

        Args:
            n_rows: of a part.
        """
        everything = torch.arange(len(self))
        self.expect(everything)
        for rows in everything.split(n_rows):  # type: ignore[no-untyped-call]
            yield self[rows]
