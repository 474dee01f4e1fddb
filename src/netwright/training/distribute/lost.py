"""What is said when another process of the job is gone."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch.distributed as dist

from netwright.training.distribute.world import World

SIGNS = re.compile(
    r"connection (closed|reset|refused|was closed)|broken pipe|timed out|timeout|gloo.*(rank|peer|pair)"
    r"|watchdog|nccl (communicator|error)|remote process (exited|has)",
    re.IGNORECASE,
)
"""How torch's communication libraries word the loss of a peer; they raise plain RuntimeErrors for it."""


class ProcessLost(RuntimeError):  # noqa: N818  (an event, as StopIteration is)
    """Another process of the job ended or fell silent, so that this one cannot go on.

    The message is one line: what happened, where the last checkpoint is, how to go on.

    Args:
        happened: what was seen, in words.
        checkpoint: from which the run can go on, or None where none was written.
        command: how the whole job goes on, where it can.

    Example:
        >>> raise ProcessLost("another process ended", Path("run/checkpoint"))
        Traceback (most recent call last):
        netwright.training.distribute.lost.ProcessLost: another process ended; the last checkpoint is
        run/checkpoint: start again with it, on any number of processes, and the run goes on from there
    """

    def __init__(self, happened: str, checkpoint: Path | None = None, command: str | None = None) -> None:
        if command is not None:
            there = (
                "no checkpoint was written" if checkpoint is None else f"the last checkpoint is {checkpoint}"
            )
            mend = f"{there}; on any number of processes, go on with {command}"
        elif checkpoint is None:
            mend = "no checkpoint was written: start again, with a Checkpoint callback to lose less next time"
        else:
            mend = (
                f"the last checkpoint is {checkpoint}: start again with it, on any number of processes, "
                "and the run goes on from there"
            )
        super().__init__(f"{happened}; {mend}")
        self.happened, self.checkpoint, self.command = happened, checkpoint, command

    def __reduce__(self) -> tuple[type["ProcessLost"], tuple[str, Path | None, str | None]]:
        return type(self), (self.happened, self.checkpoint, self.command)


@contextmanager
def tell_losses(world: World, checkpoint: Callable[[], Path | None]) -> Iterator[None]:
    """Turn the errors by which torch shows a lost process into `ProcessLost`; everything else passes.

    Args:
        world: the processes.
        checkpoint: asked for the place of the last checkpoint when a process is lost.

    Raises:
        ProcessLost: when another process of the job ended or fell silent.

    Example:
        >>> with tell_losses(World(rank=0, size=2), lambda: None):
        ...     raise RuntimeError("Connection closed by peer [10.0.0.2]:5000")
        Traceback (most recent call last):
        netwright.training.distribute.lost.ProcessLost: process 0 of 2 lost the others (Connection closed by
        peer [10.0.0.2]:5000); no checkpoint was written: ...
    """
    try:
        yield
    except ProcessLost as lost:
        raise ProcessLost(lost.happened, lost.checkpoint or checkpoint(), lost.command) from None
    except RuntimeError as error:
        if world.size == 1 or not _is_loss(error):
            raise
        happened = f"process {world.rank} of {world.size} lost the others ({_short(error)})"
        raise ProcessLost(happened, checkpoint()) from error


def _is_loss(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or bool(SIGNS.search(str(error)))


def _short(error: RuntimeError) -> str:
    """Return the heart of a message of gloo or NCCL: no place in their source, no advice, no line breaks."""
    text = re.sub(r"\[[^\]]*\.\w+:\d+\]\s*", "", " ".join(str(error).split()))
    text = text.split(". This is typically")[0]
    return text if len(text) <= 120 else f"{text[:117]}..."
