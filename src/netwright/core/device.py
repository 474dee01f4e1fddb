"""The device that a network runs on, and how many threads a small computer should give it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from netwright.core.errors import InputError

WORK_FOR_TWO_THREADS = 5e8
"""Floating-point operations in one step from which two threads are nearly twice as fast as one, by
benchmarks/threads.py. Beside a busy neighbour two threads were slower than one at every size tried, on the
net of benchmarks/table.py three times; below this work they gain too little to risk that."""

MOST_THREADS = 1024


def choose_device(device: str = "auto") -> torch.device:
    """Return the device of that name, or the fastest one that is here.

    Args:
        device: "auto" (CUDA before Apple's MPS before the processor), or a name that torch knows.

    Raises:
        InputError: when torch does not know the name or the device is not there.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            "device must be one that torch can use here", repr(device), "use 'auto' or 'cpu'"
        ) from error
    return chosen


def choose_threads(work_per_step: float) -> int:
    """Return how many threads one step of that much work should use.

    The rule looks only at the work and at the threads that torch may use, never at the clock, so that the
    same call takes the same threads and gives the same bits.

        threads = 1 below 5e8 operations a step, else 1 for every 2.5e8, at most torch.get_num_threads()

    Args:
        work_per_step: floating-point operations of one forward and backward pass.

    Example:
        >>> choose_threads(1e6)
        1
    """
    if work_per_step < WORK_FOR_TWO_THREADS:
        return 1
    return max(1, min(torch.get_num_threads(), int(work_per_step / (WORK_FOR_TWO_THREADS / 2))))


@contextmanager
def use_threads(threads: int) -> Iterator[None]:
    """Run the block with that many threads in torch, and give the user's own setting back.

    Args:
        threads: at least one, at most 1,024.

    Raises:
        InputError: when it is another number; torch would end the whole process over too many.

    Example:
        >>> with use_threads(1):
        ...     torch.get_num_threads()
        1
    """
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= MOST_THREADS:
        expected = f"threads must be a whole number from 1 to {MOST_THREADS}"
        raise InputError(expected, repr(threads)[:40], "leave it out to have it chosen")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
