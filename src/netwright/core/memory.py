"""Handing freed memory back to the system, for jobs on tables that nearly fill it."""

import ctypes
import gc
import sys


def release_memory() -> None:
    """Give freed memory back at once, where the system's allocator can be asked to.

    The C library keeps what was freed for later use; after a large table is let go that can be as much as
    the table. Elsewhere than on Linux with glibc this only collects garbage.

    Example:
        >>> release_memory()
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
