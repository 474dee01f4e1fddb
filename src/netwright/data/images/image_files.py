"""Pictures that stay in their files until a batch wants them."""

import os
import warnings
import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal, final

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from netwright.core.errors import ImageError
from netwright.data.images.checking import check_images
from netwright.data.images.decoding import decode, look_at
from netwright.data.images.decoding_pool import DecodingPool, end_all
from netwright.data.images.fitting import Fit, Size, two_sides
from netwright.data.images.reading import each, settle, threads_for

GIGABYTE = 1 << 30


@final
class ImageFiles:
    """Pictures in files, decoded by threads as they are needed, a batch ahead of the network.

    Use it in place of a tensor of pictures that does not fit in memory: it has a length and a shape, and a
    tensor of rows gives one batch of bytes. The loop of `Training` tells it the order of each epoch, so that
    the next batches are decoded while the network learns from this one. Pictures that were decoded stay until
    the budget is full; those stay for good, for passes ask for every row once, so that throwing out the
    oldest would throw out what is wanted next. What is read, and how, is as in `read_images`.

    Args:
        paths: of the pictures.
        size: of all of them, (height, width) or one number for both; None for the commonest.
        channels: 1 for grey, 3 for colour; None for colour where any picture has some.
        fit: "letterbox", "crop" or "stretch", as in `read_images`.
        n_workers: threads that decode, or processes; None for one a processor, or where files are small for
            one thread alone.
        memory: bytes of decoded pictures that may be kept.
        processes: whether pictures are decoded in processes of their own, where a file that crashes its
            decoder, or keeps it waiting for ever, becomes an error that names it.
        patience: seconds that one picture may take there.
        on_error: "raise" an error that names the file, when a batch meets it; "skip" checks all files
            beforehand and leaves the bad ones out: take targets as `target[files.kept]`.

    Attributes:
        kept: which of the paths are rows.
        problems: the files that were left out, and why; None with "raise".

    Raises:
        ImageError: when there are no files, an argument is none of its values; on indexing, naming the file
            that cannot be read.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> paths = [Path(tempfile.mkdtemp()) / f"{shade}.png" for shade in (0, 100, 200)]
        >>> for shade, path in zip((0, 100, 200), paths):
        ...     Image.new("L", (40, 30), shade).save(path)
        >>> files = ImageFiles(paths, size=16)
        >>> files.shape, files[torch.tensor([2, 0])][:, 0, 0, 0]
        ((3, 1, 16, 16), tensor([200,   0], dtype=torch.uint8))
    """

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        size: Size | None = None,
        channels: int | None = None,
        fit: Fit = "letterbox",
        n_workers: int | None = None,
        memory: int = GIGABYTE,
        on_error: Literal["raise", "skip"] = "raise",
        processes: bool = False,
        patience: float = 60.0,
    ) -> None:
        if on_error not in ("raise", "skip"):
            raise ImageError("on_error must be 'raise' or 'skip'", repr(on_error), "choose one of them")
        if channels not in (None, 1, 3):
            raise ImageError("channels of files must be 1, 3 or None", repr(channels), "3 is colour, 1 grey")
        self.paths = [Path(path) for path in paths]
        self.kept = torch.arange(len(self.paths))
        self.fit, self.n_workers, self.memory, self.on_error = fit, n_workers, memory, on_error
        self.processes, self.patience = processes, patience
        self.problems = None
        if on_error == "skip":
            self._leave_out(check_images(self.paths, n_workers=n_workers))
        if not self.paths:
            raise ImageError("paths must name at least one picture", "none", "check the list")
        sides = None if size is None else two_sides(size)
        if sides is None or channels is None:
            with ThreadPoolExecutor(n_workers or threads_for(self.paths)) as threads:
                sides, channels = settle(each(threads, look_at, self.paths), sides, channels)
        self.shape = (len(self.paths), channels, *sides)
        self._begin()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> UInt8[Tensor, "batch channels height width"]:
        places = self._places[rows]
        is_kept = places >= 0
        if is_kept.all():
            return self._store.index_select(0, places)
        out = torch.empty(len(rows), *self.shape[1:], dtype=torch.uint8)
        out[is_kept] = self._store[places[is_kept]]
        self._read_ahead(2 * len(rows))
        wanted = rows.tolist()
        missing = (~is_kept).nonzero()[:, 0].tolist()
        tasks = {row: self._fetch(row) for row in {wanted[place] for place in missing}}
        try:
            for place in missing:
                out[place] = self._keep(wanted[place], tasks[wanted[place]].result())
        except BaseException as error:
            self.expect(rows[:0])
            if not isinstance(error, ImageError):
                self._stop()  # nobody waits for what was begun
            raise
        return out

    def expect(self, rows: Int64[Tensor, " rows"]) -> None:
        """Be told which rows come next; batches read ahead of their use in this order.

        Args:
            rows: in their order; what was told before is forgotten.
        """
        for task in self._ahead.values():
            task.cancel()
        self._ahead.clear()
        self._coming.clear()
        self._coming.extend(rows[self._places[rows] < 0].tolist())

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs: the files, not what was decoded."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin as a new one does."""
        vars(self).update(state)
        self._begin()

    def _begin(self) -> None:
        n_rows, *picture = self.shape
        most = min(n_rows, max(0, self.memory) // torch.Size(picture).numel())
        self._store = torch.empty(most, *picture, dtype=torch.uint8)
        self._places = torch.full((n_rows,), -1)
        self._n_kept = 0
        self._ahead: dict[int, Future[Tensor]] = {}
        self._coming: deque[int] = deque()
        self._threads: ThreadPoolExecutor | None = None
        self._pool: DecodingPool | None = None
        self._ends: Any = None

    def _leave_out(self, problems: Any) -> None:
        self.problems = problems
        bad = set(problems.row)
        rows = [row for row in range(len(self.paths)) if row not in bad]
        if bad:
            warnings.warn(
                f"{len(bad)} of {len(self.paths)} pictures cannot be read and are left out: see problems, "
                f"the first is {problems.problem[0]!r}; take targets as target[files.kept]",
                stacklevel=3,
            )
        self.paths, self.kept = [self.paths[row] for row in rows], torch.tensor(rows, dtype=torch.int64)

    def _read_ahead(self, n_rows: int) -> None:
        """Let threads begin with what comes next, until that many pictures wait to be fetched."""
        while self._coming and len(self._ahead) < n_rows:
            row = self._coming.popleft()
            if row not in self._ahead:
                self._ahead[row] = self._submit(row)

    def _fetch(self, row: int) -> "Future[Tensor]":
        return self._ahead.pop(row) if row in self._ahead else self._submit(row)

    def _submit(self, row: int) -> "Future[Tensor]":
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.n_workers or self._most_threads())
            self._pool = DecodingPool(self.patience) if self.processes else None
            self._ends = weakref.finalize(self, end_all, self._pool, self._threads)
        _, channels, height, width = self.shape
        how = decode if self._pool is None else self._pool.decode
        read = partial(how, size=(height, width), channels=channels, fit=self.fit)
        return self._threads.submit(read, self.paths[row])

    def _most_threads(self) -> int:
        """Threads that decode, or that wait for processes which do."""
        return (os.cpu_count() or 1) if self.processes else threads_for(self.paths)

    def _stop(self) -> None:
        if self._threads is not None:
            self._ends()
            self._threads = None

    def _keep(self, row: int, picture: Tensor) -> Tensor:
        if self._n_kept < len(self._store) and self._places[row] < 0:
            self._store[self._n_kept] = picture
            self._places[row] = self._n_kept
            self._n_kept += 1
        return picture
