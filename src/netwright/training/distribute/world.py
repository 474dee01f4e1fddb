"""The processes that train together, and what they tell each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, final

import torch
import torch.distributed as dist
from torch import Tensor

Value = TypeVar("Value")


@final
@dataclass(frozen=True)
class World:
    """The processes of one job, seen from one of them; alone, every method gives back what it got.

    Every method but `is_first` is a meeting: all processes must call it, in the same order.

    Args:
        rank: number of this process, from 0.
        size: how many there are.
        local_rank: number of this process on its machine, which is the number of its GPU.

    Example:
        >>> world = World()
        >>> world.is_first, world.sums([1.5, 2.0]), world.any(False)
        (True, [1.5, 2.0], False)
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @classmethod
    def current(cls) -> "World":
        """Return the processes of torch's default group, or this one alone where there is none.

        Example:
            >>> World.current()
            World(rank=0, size=1, local_rank=0)
        """
        if not (dist.is_available() and dist.is_initialized()):
            return cls()
        return cls(dist.get_rank(), dist.get_world_size(), max(dist.get_node_local_rank(0), 0))

    @property
    def is_first(self) -> bool:
        """Whether this process writes what is written once: logs, files, progress."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on when all processes are here.

        Example:
            >>> World().wait()
        """
        self.sums([0.0])  # unlike torch's barrier it asks for no device of its own

    def share(self, value: Value) -> Value:
        """Return what the first process gave.

        Args:
            value: plain values; those of the other processes are not looked at.

        Example:
            >>> World().share({"run": 7})
            {'run': 7}
        """
        if self.size == 1:
            return value
        box: list[Any] = [value]
        dist.broadcast_object_list(box, src=0)
        shared: Value = box[0]
        return shared

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set in one process or more.

        Args:
            flag: of this process.

        Example:
            >>> World().any(True)
            True
        """
        if self.size == 1:
            return flag
        flags = torch.tensor([int(flag)], device=_meeting_place())
        dist.all_reduce(flags, op=dist.ReduceOp.MAX)
        return bool(flags.item())

    def sums(self, values: Sequence[float]) -> list[float]:
        """Return the sums over all processes, in double precision, with the same bits everywhere.

        Args:
            values: as many in every process.

        Example:
            >>> World().sums([0.1, 3])
            [0.1, 3.0]
        """
        totals = torch.tensor(values, dtype=torch.float64, device=_meeting_place())
        if self.size > 1:
            dist.all_reduce(totals)
        return [float(total) for total in totals.tolist()]

    def gather(self, rows: Tensor) -> Tensor:
        """Return the rows of all processes, one after the other in the order of their ranks, in all of them.

        Args:
            rows: (rows, ...); their number may differ between processes, the rest of the shape may not.

        Example:
            >>> World().gather(torch.tensor([[1.0], [2.0]])).shape
            torch.Size([2, 1])
        """
        if self.size == 1:
            return rows
        place = _meeting_place()
        counts = [int(count) for count in self.gather_plain(len(rows))]
        mine = rows.detach().to(place).contiguous()
        padded = mine.new_zeros(max(counts), *mine.shape[1:])
        padded[: len(mine)] = mine
        parts = [torch.empty_like(padded) for _ in counts]
        dist.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)]).to(rows.device)

    def gather_plain(self, value: Value) -> list[Value]:
        """Return what each process gave, in the order of their ranks.

        Args:
            value: plain values.

        Example:
            >>> World().gather_plain("ready")
            ['ready']
        """
        if self.size == 1:
            return [value]
        boxes: list[Any] = [None] * self.size
        dist.all_gather_object(boxes, value)
        return boxes


def _meeting_place() -> torch.device:
    """Return where tensors must lie to be exchanged: groups that only know NCCL cannot use the processor."""
    only_cuda = dist.is_available() and dist.is_initialized() and dist.get_backend() == "nccl"
    return torch.device("cuda" if only_cuda else "cpu")
