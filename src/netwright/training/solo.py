"""Temporary."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class World:
    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        return flag

    def share(self, value: Any) -> Any:
        return value

    def sums(self, values: list[float]) -> list[float]:
        return values

    def gather(self, rows: Any) -> Any:
        return rows

    def gather_plain(self, value: Any) -> list[Any]:
        return [value]


def share_of(rows, world):
    return rows


def part_size(n, world):
    return n


@contextmanager
def join_world(device):
    yield World()
