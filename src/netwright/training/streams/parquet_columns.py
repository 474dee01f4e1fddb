"""The columns of a Parquet file as inputs, target and weight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netwright.core.errors import TableError
from netwright.data.wording import listed, shown
from netwright.training.samples import Batch

ENCODE = "give encode=, such as the transform of a fitted TableEncoder"


@dataclass(frozen=True)
class ParquetColumns:
    """Which columns are read, and how they become tensors.

    Args:
        inputs: names of the input columns.
        target: name of the target, or the names of several.
        weight: name of the weights, or None.
        encode: frame of the inputs -> array; None takes them as float32.
        encode_target: column or frame of the target -> array; None takes numbers.
        classes: whether the target is given as int64, where it is not encoded.

    Example:
        >>> import pyarrow as pa
        >>> columns = ParquetColumns(("a",), "b", None, None, None, classes=True)
        >>> columns.batch(pa.record_batch({"a": [0.5], "b": [1]}), Path("a.parquet")).target
        tensor([1])
    """

    inputs: Sequence[str]
    target: str | Sequence[str]
    weight: str | None
    encode: Callable[[Any], Any] | None
    encode_target: Callable[[Any], Any] | None
    classes: bool

    @property
    def targets(self) -> list[str]:
        """Names of the target columns."""
        return [self.target] if isinstance(self.target, str) else list(self.target)

    @property
    def names(self) -> list[str]:
        """Names of all columns that are read, each once."""
        weight = [] if self.weight is None else [self.weight]
        return list(dict.fromkeys([*self.inputs, *self.targets, *weight]))

    def check(self, schema: Any, path: Path) -> None:
        """Raise unless a file has the columns, with numbers where numbers are needed.

        Args:
            schema: its Arrow schema.
            path: the file, for messages.

        Raises:
            TableError: naming the column.
        """
        lacking = [name for name in self.names if name not in schema.names]
        if lacking:
            expected = f"{path} must have the columns that are asked for"
            raise TableError(
                expected, f"none called {listed(lacking)}", f"choose from: {listed(schema.names)}"
            )
        plain = [] if self.encode else list(self.inputs)
        plain += [] if self.encode_target else self.targets
        for name in plain if self.weight is None else [*plain, self.weight]:
            kind = schema.field(name).type
            if not _is_number(kind):
                expected = f"column {shown(name)} of {path} must hold numbers"
                mend = "give encode_target=" if name in self.targets else ENCODE
                raise TableError(expected, str(kind)[:40], f"{mend}, or leave it out")

    def batch(self, block: Any, path: Path) -> Batch:
        """Return the rows of an Arrow record batch as tensors.

        Args:
            block: the rows.
            path: the file that they come from, for messages.

        Raises:
            TableError: when a number is missing or infinite, or a function gives another number of rows.
        """
        if self.encode is None:
            inputs = torch.from_numpy(_numbers(block, self.inputs, path))
        else:
            inputs = _tensor("encode", self.encode(_frame(block, self.inputs)), block.num_rows)
        weight = None if self.weight is None else torch.from_numpy(_numbers(block, [self.weight], path))[:, 0]
        return Batch(inputs, self._target(block, path), weight)

    def _target(self, block: Any, path: Path) -> Tensor:
        if self.encode_target is not None:
            frame = _frame(block, self.targets)
            column = frame[self.target] if isinstance(self.target, str) else frame
            target = _tensor("encode_target", self.encode_target(column), block.num_rows)
            return target if target.is_floating_point() else target.long()
        numbers = _numbers(block, self.targets, path)
        if self.classes:
            return torch.from_numpy(
                block.column(self.targets[0]).cast("int64").to_numpy(zero_copy_only=False).copy()
            )
        return torch.from_numpy(numbers[:, 0].copy() if isinstance(self.target, str) else numbers)


def are_classes(schemas: Sequence[Any], target: str | Sequence[str]) -> bool:
    """Return whether a target is one column of whole numbers or truth values in every file.

    Args:
        schemas: Arrow schemas of the files, which have the column.
        target: name of the target, or the names of several.

    Example:
        >>> import pyarrow as pa
        >>> are_classes([pa.schema({"a": pa.int8()})], "a"), are_classes([pa.schema({"a": pa.int8()})], ["a"])
        (True, False)
    """
    import pyarrow as pa

    if not isinstance(target, str):
        return False
    kinds = [schema.field(target).type for schema in schemas if target in schema.names]
    return all(pa.types.is_integer(kind) or pa.types.is_boolean(kind) for kind in kinds)


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    known = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)
    return any(is_known(kind) for is_known in known)


def _numbers(block: Any, names: Sequence[str], path: Path) -> np.ndarray:
    out = np.empty((block.num_rows, len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        column = block.column(name).cast("float32", safe=False)  # what is missing becomes NaN
        out[:, place] = column.to_numpy(zero_copy_only=False)
        if not np.isfinite(out[:, place]).all():
            expected = f"column {shown(name)} of {path} must hold finite numbers in every row"
            raise TableError(expected, "a missing or infinite one", f"fill it, or {ENCODE}")
    return out


def _frame(block: Any, names: Sequence[str]) -> Any:
    import pyarrow as pa

    table = pa.Table.from_batches([block]).select(list(names)).replace_schema_metadata(None)
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
    return table.to_pandas(ignore_metadata=True, date_as_object=False)


def _tensor(name: str, values: Any, n_rows: int) -> Tensor:
    tensor = values if isinstance(values, Tensor) else torch.as_tensor(np.array(values))
    if tensor.ndim == 0 or len(tensor) != n_rows:
        came = f"shape {tuple(tensor.shape)} for {n_rows} rows"
        raise TableError(f"{name} must give an array with a row for each row", came, "return one for each")
    return tensor.float() if tensor.is_floating_point() else tensor
