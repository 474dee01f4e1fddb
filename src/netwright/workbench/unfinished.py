"""A job that is not whole yet: what it keeps on disk meanwhile, and how it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import final

from netwright.core.errors import ImageError, InputError
from netwright.core.files import clear_leftovers
from netwright.training import Checkpoint, ProcessLost, World
from netwright.training.callbacks.checkpoint import BEST, LAST
from netwright.training.distribute import agreed
from netwright.workbench.call import CHECKPOINT, Call, Fingerprint, read_call, write_call
from netwright.workbench.job import JOB, FittedJob
from netwright.workbench.stages import Plan
from netwright.workbench.summary import Story

FREE = {"netwright", "torch", "out", "time_limit", "checkpoint_every", "memory"}
"""What a call that goes on may be told otherwise; the versions are compared when the file is read."""


@final
class Unfinished:
    """Keeps the call and the checkpoints of a job in its folder until it is whole.

    With several processes the first alone reads and writes the folder; all of them must make one, and enter
    `kept`.

    Args:
        out: the job's folder.
        call: what the job is told.
        resume: whether it goes on with the one that the folder holds.

    Raises:
        InputError: when the folder holds none to go on with, or one of another call.

    Attributes:
        call: what the job was told when it began.
        checkpoint: for the training.

    Example:
        >>> import pandas as pd
        >>> from netwright.workbench.call import Fingerprint
        >>> data = Fingerprint.of(pd.DataFrame({"x": [1, 2]}))
        >>> call = Call(netwright="0", torch="2", data=data, out="job", target="x")
        >>> Unfinished(Path("job"), call, resume=False).checkpoint.seconds
        60.0
    """

    def __init__(self, out: Path, call: Call, *, resume: bool) -> None:
        self.out, self.call, self.resume = out, call, resume
        self.world = World.current()
        if resume:
            self.call = shared_call(out, self.world)
            with agreed(self.world):
                self.call.check({name: value for name, value in call if name not in FREE})
        self.checkpoint = Checkpoint(out / CHECKPOINT, seconds=call.checkpoint_every, resume=resume)

    @contextmanager
    def kept(self, plan: Plan) -> Iterator[None]:
        """Write the call down; whatever ends the block is told how to go on.

        The older checkpoint goes first, so that it is never taken for one of this call. Data that cannot be
        learned leave nothing behind.

        Args:
            plan: of the job, which knows whether the training is over.
        """
        with agreed(self.world):
            if self.world.is_first:
                self._begin()
        try:
            yield
        except ProcessLost as lost:
            raise ProcessLost(lost.happened, lost.checkpoint, self.call.command(self.out)) from None
        except InputError as error:
            if plan.trained or self._lost_a_picture(error):  # or what is written at the end finds no place
                error.add_note(f"go on with {self.call.command(self.out)}")
            elif self.world.is_first and not self.resume:
                self.discard()
            raise
        except (KeyboardInterrupt, OSError, MemoryError) as error:
            error.add_note(f"go on with {self.call.command(self.out)}")
            raise

    def _lost_a_picture(self, error: InputError) -> bool:
        """Whether a file that could be read before the training could not be read in it."""
        return isinstance(error, ImageError) and (self.out / CHECKPOINT / LAST).exists()

    def _begin(self) -> None:
        for path in (self.out, self.out / CHECKPOINT / JOB):
            clear_leftovers(path)
        if self.resume:
            return
        self.discard()
        try:
            write_call(self.call, self.out)
        except OSError:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove what the folder keeps; without the call, which goes first, the rest counts for nothing."""
        folder = self.out / CHECKPOINT
        for path in (folder / JOB, folder / LAST, folder / BEST):
            path.unlink(missing_ok=True)
            clear_leftovers(path)
        with suppress(OSError):  # what else stands there is not ours
            folder.rmdir()
            self.out.rmdir()

    def named(self, story: Story) -> Story:
        """Return the story with the data and the folder named as the first call did.

        Args:
            story: of the call that goes on.
        """
        moved = Path(self.call.out).absolute() != self.out.absolute()
        return replace(story, data=self.call.data.named, out=str(self.out) if moved else self.call.out)

    def save(self, job: FittedJob) -> None:
        """Write the job, and let the checkpoint go when it is whole.

        Args:
            job: done.

        Raises:
            OSError: when it cannot be written; the checkpoint then stays.
        """
        if self.world.is_first:
            job.save(self.out)
            if job.whole:
                self.discard()


def shared_call(out: Path, world: World) -> Call:
    """Return what the unfinished job in a folder was told; the first process reads it for all.

    Args:
        out: the job's folder, which the other processes need not see.
        world: the processes; all of them must ask.

    Raises:
        InputError: when there is no unfinished job.
        ModelError: when its file was changed, or another netwright or torch began it.

    Example:
        >>> shared_call(Path("nowhere"), World())
        Traceback (most recent call last):
        netwright.core.errors.InputError: what is resumed must be a job that was cut short, got nowhere ...
    """
    with agreed(world):
        call = read_call(out) if world.is_first else None
    shared: Call = world.share(call)  # type: ignore[assignment]
    return shared


def check_alike(found: Fingerprint, world: World) -> None:
    """Raise InputError unless all processes have the same data; all of them must ask.

    Args:
        found: what this one has.
        world: the processes.
    """
    hashes = set(world.gather_plain(found.sha256))
    if len(hashes) > 1:
        raise InputError(
            "every process must read the same data",
            f"{len(hashes)} contents of {found.named}",
            "copy the file to all machines again; what a script makes, it must make from a seed",
        )
