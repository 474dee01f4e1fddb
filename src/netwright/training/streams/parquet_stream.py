"""Rows of Parquet files, read by row groups in a shuffled order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, final

import torch

from netwright.core.errors import InputError
from netwright.training.samples import Batch
from netwright.training.streams.parquet_columns import ParquetColumns, are_classes
from netwright.training.streams.parquet_files import RowGroup, find_files, look_into
from netwright.training.streams.row_mix import RowMix, joined
from netwright.training.streams.stream import Stream


@final
@dataclass(eq=False)
class ParquetStream(Stream):
    """The rows of Parquet files, a few row groups in memory at a time.

    Use it for tables that do not fit in memory; it needs the package pyarrow. Each pass takes the row groups
    in an order of its own and mixes the rows of several at a time, so files whose rows are sorted should have
    small row groups, or be shuffled once beforehand. While one mixture is given the next is read, so memory
    holds two of them, `2 * groups_at_once` row groups as tensors, however many rows there are; row groups of
    about 50,000 rows serve well (pandas: `to_parquet(..., row_group_size=50_000)`).

    Args:
        paths: a file, a folder, a pattern such as "flights-*.parquet", or several of these.
        inputs: names of the input columns; None takes all but target and weight.
        target: name of the target, which is given as (rows), whole numbers as int64; a list of names is given
            as float32 (rows, targets).
        encode: frame of some rows' inputs -> array (rows, ...), such as the transform of a fitted
            `TableEncoder`; without one the columns must be numbers without gaps, given as float32.
        encode_target: the target of some rows, a pandas series or frame -> array (rows, ...).
        weight: name of the column of row weights.
        groups_at_once: row groups that are mixed with each other.

    Raises:
        TableError: naming the file and the column, when it is missing or cannot be used; in a pass, when a
            number is missing or a file is damaged.

    Example:
        >>> import tempfile
        >>> import pandas as pd
        >>> from netwright.training import Steps
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pd.DataFrame({"size": [1.0, 2.0, 3.0], "late": [0, 1, 1]}).to_parquet(path)
        >>> stream = ParquetStream(path, target="late")
        >>> for batch in stream.batches(Steps(len(stream), 2)):
        ...     print(batch.inputs.tolist(), batch.target)
        [[1.0], [2.0]] tensor([0, 1])
        [[3.0]] tensor([1])
    """

    paths: str | Path | Sequence[str | Path]
    _: KW_ONLY
    target: str | Sequence[str]
    inputs: Sequence[str] | None = None
    encode: Callable[[Any], Any] | None = None
    encode_target: Callable[[Any], Any] | None = None
    weight: str | None = None
    groups_at_once: int = 4

    def __post_init__(self) -> None:
        if self.groups_at_once < 1:
            raise InputError("groups_at_once must be at least 1", str(self.groups_at_once), "4 is usual")
        files = find_files(self.paths)
        found = [look_into(path) for path in files]
        self._groups = [group for groups, _ in found for group in groups]
        schemas = [schema for _, schema in found]
        self._columns = ParquetColumns(
            inputs=self._inputs(schemas[0].names),
            target=self.target,
            weight=self.weight,
            encode=self.encode,
            encode_target=self.encode_target,
            classes=are_classes(schemas, self.target),
        )
        for path, schema in zip(files, schemas, strict=True):
            self._columns.check(schema, path)

    def __len__(self) -> int:
        return sum(group.n_rows for group in self._groups)

    def read(self, spans: Iterable[tuple[int, int]], seed: int | None) -> Iterator[Batch]:
        """Give the batches; row groups of which no row is wanted are not read."""
        parts: list[Batch] = []  # of the batch that goes on in the next mixture
        mixes = self._mixes(spans, seed)
        mix = next(mixes, None)
        while mix is not None:
            mix.read(1.0)
            following = next(mixes, None)
            for part, ends, share in mix.parts():
                parts.append(part)
                if ends:
                    yield joined(parts)
                    parts = []
                if following is not None:  # little by little, or the network would wait for all of it
                    following.read(share)
            mix = following

    def _mixes(self, spans: Iterable[tuple[int, int]], seed: int | None) -> Iterator[RowMix]:
        """Cut the spans where one mixture ends and the next begins."""
        todo = iter(spans)
        span = next(todo, None)
        first = 0
        for groups, own_seed in self._order(seed):
            last = first + sum(group.n_rows for group in groups)
            pieces = []
            while span is not None and span[0] < last:
                start, stop = max(span[0], first), min(span[1], last)
                pieces.append((start - first, stop - first, span[1] <= last))
                if span[1] > last:
                    break
                span = next(todo, None)
            if pieces:
                yield RowMix(groups, pieces, own_seed, self._columns.names, self._batch)
            first = last

    def _order(self, seed: int | None) -> Iterator[tuple[list[RowGroup], int | None]]:
        """Give the row groups of each mixture, and the seed of its order."""
        if seed is None:
            yield from (([group], None) for group in self._groups)
            return
        draws = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(self._groups), generator=draws).tolist()
        for first in range(0, len(order), self.groups_at_once):
            own_seed = int(torch.randint(2**63 - 1, (), generator=draws))
            yield [self._groups[place] for place in order[first : first + self.groups_at_once]], own_seed

    def _batch(self, block: Any, group: RowGroup) -> Batch:
        return self._columns.batch(block, group.path)

    def _inputs(self, names: list[str]) -> list[str]:
        if self.inputs is not None:
            return list(self.inputs)
        targets = [self.target] if isinstance(self.target, str) else self.target
        return [name for name in names if name not in targets and name != self.weight]
