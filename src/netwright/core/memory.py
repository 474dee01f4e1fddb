"""How much memory there is, and handing it back to the system, for jobs that nearly fill it."""

import ctypes
import gc
import os
import sys
from pathlib import Path

GROUP = Path("/sys/fs/cgroup")
"""Where Linux says what a container may take."""

UNKNOWN = 1 << 32
"""Bytes that are taken to be free where the system does not say."""

LITTLE = 3 << 28
"""Bytes of a process that holds hardly more than its libraries: to search their objects takes longer than a
small table is worth."""


def release_memory() -> None:
    """Give freed memory back at once, where the system's allocator can be asked to.

    The C library keeps what was freed for later use; after a large table is let go that can be as much as
    the table. Elsewhere than on Linux with glibc this only collects garbage. A process that is small anyway
    is left alone.

    Example:
        >>> release_memory()
    """
    resident = _resident()
    if resident is not None and resident < LITTLE:
        return
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def available_memory() -> int:
    """Return how many bytes this process may still take: what the system says, or the limit of its group.

    Processes that torchrun started on one machine get equal shares.

    Example:
        >>> available_memory() > 0
        True
    """
    found = [size for size in (_free_of_system(), _free_of_group()) if size is not None]
    share = max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    return max(1, min(found, default=UNKNOWN) // share)


def _resident() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _free_of_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return 1024 * sizes["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        return None


def _free_of_group() -> int | None:
    """What is left of the limit of a container."""
    try:
        most, used = (int((GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # "max" where there is no limit
        return None
    return max(0, most - used)
