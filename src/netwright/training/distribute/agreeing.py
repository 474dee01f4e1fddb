"""What fails in one process before the training fails in all, so that none waits for one that gave up."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager

from netwright.training.distribute.lost import ProcessLost
from netwright.training.distribute.world import World


@contextmanager
def agreed(world: World) -> Iterator[None]:
    """Raise the error of one process in all of them; where none fails, all go on together.

    Use it around what each process does by itself, such as reading a file, or what the first one does alone.
    A process whose own work went well raises the error of the first that failed, with a note that says whose
    it is. All processes meet at the end of the block, so nothing within may be a meeting.

    Args:
        world: the processes.

    Example:
        >>> with agreed(World()):
        ...     int("seven")
        Traceback (most recent call last):
        ValueError: invalid literal for int() with base 10: 'seven'
    """
    if world.size == 1:
        yield
        return
    mine: Exception | None = None
    try:
        yield
    except ProcessLost:
        raise
    except Exception as error:
        mine = error
    everyone = world.gather_plain(None if mine is None else _portable(mine))
    if mine is not None:
        raise mine
    for rank, theirs in enumerate(everyone):
        if theirs is not None:
            theirs.add_note(f"found by process {rank} of {world.size}")
            raise theirs


def _portable(error: Exception) -> Exception:
    """Return what can be sent to other processes: the error, or its words."""
    try:
        sent: Exception = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return sent
