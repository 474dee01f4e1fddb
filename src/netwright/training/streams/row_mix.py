"""The rows of several row groups, mixed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from netwright.core.errors import TableError
from netwright.training.samples import Batch
from netwright.training.streams.parquet_files import RowGroup, blocks


class RowMix:
    """The wanted rows of several row groups in one drawn order, read little by little.

    Args:
        groups: the row groups.
        pieces: places in the order that are wanted, from the first to the one after the last, ascending, and
            whether a batch ends there.
        seed: of the order; None for the rows as they stand.
        columns: which columns are read.
        batch: (Arrow record batch, its row group) -> the same rows as tensors.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import pandas as pd
        >>> from netwright.training.streams.parquet_files import look_into
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pd.DataFrame({"a": [5, 6, 7]}).to_parquet(path)
        >>> def batch(block, group):
        ...     return Batch(torch.tensor(block["a"].to_pylist()), torch.zeros(len(block)))
        >>> mix = RowMix(look_into(path)[0], [(1, 3, True)], None, ["a"], batch)
        >>> mix.read(1.0)
        >>> [(part.inputs.tolist(), ends) for part, ends, _ in mix.parts()]
        [([6, 7], True)]
    """

    def __init__(
        self,
        groups: Sequence[RowGroup],
        pieces: Sequence[tuple[int, int, bool]],
        seed: int | None,
        columns: list[str],
        batch: Callable[[Any, RowGroup], Batch],
    ) -> None:
        self._pieces = pieces
        n_rows = sum(group.n_rows for group in groups)
        order = torch.arange(n_rows) if seed is None else torch.randperm(n_rows, generator=_seeded(seed))
        wanted = torch.cat([order[first:last] for first, last, _ in pieces])
        mask = torch.zeros(n_rows, dtype=torch.bool)
        mask[wanted] = True
        self._places = (mask.cumsum(0) - 1)[wanted]  # among the rows that are kept
        self._incoming = _kept(groups, mask, columns, batch)
        self._whole: list[Tensor | None] = []
        self._n_read = 0

    def read(self, share: float) -> None:
        """Read on until that share of the wanted rows is in memory.

        Args:
            share: from 0 to 1.
        """
        while self._n_read < share * len(self._places):
            part = next(self._incoming)
            if not self._whole:
                self._whole = [_room(tensor, len(self._places)) for tensor in part]
            for whole, tensor in zip(self._whole, part, strict=True):
                if whole is not None and tensor is not None:
                    _check_alike(whole, tensor)
                    whole[self._n_read : self._n_read + len(tensor)] = tensor
            self._n_read += len(part.target)

    def parts(self) -> Iterator[tuple[Batch, bool, float]]:
        """Give the rows of each piece, whether a batch ends there, and the share that is given by then."""
        first = 0
        for start, stop, ends in self._pieces:
            last = first + stop - start
            rows = self._places[first:last]
            part = Batch(*(None if whole is None else whole[rows] for whole in self._whole))  # type: ignore[arg-type]
            yield part, ends, last / len(self._places)
            first = last


def joined(parts: Sequence[Batch]) -> Batch:
    """Return the batch that several parts make.

    Args:
        parts: at least one.

    Example:
        >>> joined([Batch(torch.zeros(1), torch.ones(1)), Batch(torch.zeros(2), torch.ones(2))]).target
        tensor([1., 1., 1.])
    """
    if len(parts) == 1:
        return parts[0]
    return Batch(*(None if column[0] is None else torch.cat(column) for column in zip(*parts, strict=True)))  # type: ignore[arg-type]


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _kept(
    groups: Sequence[RowGroup], mask: Tensor, columns: list[str], batch: Callable[[Any, RowGroup], Batch]
) -> Iterator[Batch]:
    import pyarrow as pa

    first = 0
    for group in groups:
        own = mask[first : first + group.n_rows].numpy()
        first += group.n_rows
        if not own.any():
            continue
        seen = 0
        for block in blocks(group, columns):
            kept = own[seen : seen + block.num_rows]
            seen += block.num_rows
            if kept.any():
                yield batch(block if kept.all() else block.filter(pa.array(kept)), group)


def _room(tensor: Tensor | None, n_rows: int) -> Tensor | None:
    return None if tensor is None else torch.empty((n_rows, *tensor.shape[1:]), dtype=tensor.dtype)


def _check_alike(whole: Tensor, part: Tensor) -> None:
    if whole.shape[1:] != part.shape[1:] or whole.dtype != part.dtype:
        first, came = ((t.dtype, tuple(t.shape[1:])) for t in (whole, part))
        mend = "let encode and encode_target not depend on the rows at hand"
        raise TableError(f"all rows must be encoded alike, as {first}", str(came), mend)
