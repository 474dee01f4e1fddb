"""Checkpoints: the whole state of a run on disk, so that a crash costs a minute and not a day."""

import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

from netwright.core.errors import CheckpointWarning
from netwright.core.files import clear_leftovers
from netwright.core.state import copy_state, read_state, write_state
from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.early_stopping import EarlyStopping
from netwright.training.distribute import full_state

if TYPE_CHECKING:
    from netwright.training.run import Run

LAST, BEST = "last.safetensors", "best.safetensors"


@final
@dataclass(eq=False)
class Checkpoint(Callback):
    """Keeps the state of a run in a folder, and lets an interrupted run go on with the same bits.

    Use it for whatever takes longer than you want to wait twice. The folder holds `last.safetensors` (the
    network, optimizers, schedules, random streams, order of rows, averages, early stopping and record) and,
    where early stopping keeps the best weights, `best.safetensors` with these. Each is written by a thread
    of its own beside the old file and then takes its place: a crash at any moment leaves a whole one.

    When a checkpoint cannot be written, a CheckpointWarning says so, the one before it stays, and the run
    goes on; the next one is tried when its time comes, and not spoken of again before one succeeds.

    Args:
        folder: made where it is lacking.
        seconds: time between two checkpoints.
        steps: steps between two checkpoints, in the place of seconds.
        keep_best: whether the best weights are written to a file of their own.
        resume: whether the run goes on from what the folder holds; if it holds nothing, from the start.

    Raises:
        ModelError: in training, when the folder holds a checkpoint of another call, or a damaged one.
        TypeError: in training, when a callback's state holds what cannot be written.

    Example:
        >>> import tempfile, torch
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> samples = TensorSamples(torch.zeros(8, 2), torch.zeros(8, 1))
        >>> checkpoint = Checkpoint(tempfile.mkdtemp(), resume=True)
        >>> training = Training(epochs=2, callbacks=[checkpoint])
        >>> first = training.run(torch.nn.Linear(2, 1), Supervised(torch.nn.MSELoss()), samples)
        >>> again = training.run(torch.nn.Linear(2, 1), Supervised(torch.nn.MSELoss()), samples)
        >>> first == again
        True
    """

    hears_last: ClassVar[bool] = True

    folder: str | Path
    seconds: float = 60.0
    steps: int | None = None
    keep_best: bool = True
    resume: bool = False

    @property
    def path(self) -> Path:
        """Where the last checkpoint is."""
        return Path(self.folder) / LAST

    def read(self) -> dict[str, Any] | None:
        """Return the state from which the run shall go on, or None where there is none.

        Raises:
            ModelError: when it is damaged.
        """
        path = Path(self.folder) / LAST
        if not self.resume or not path.exists():
            return None
        state: dict[str, Any] = read_state(path)
        return state

    def on_start(self, run: "Run") -> None:
        """Make the folder, and clear away what a crash left half written."""
        if run.world.is_first:
            folder = Path(self.folder)
            folder.mkdir(parents=True, exist_ok=True)
            for name in (LAST, BEST):
                clear_leftovers(folder / name)
                if not self.resume:
                    (folder / name).unlink(missing_ok=True)
        self.next = time.monotonic() + self.seconds
        self.writer: threading.Thread | None = None
        self.problem: Exception | None = None
        self.told = False
        self.best = 0
        self.written = -1

    def on_step_end(self, run: "Run") -> None:
        """Write when it is time to, or when the run is ended from outside."""
        if run.interrupted or self._due(run):
            self._write(run)

    def on_epoch_end(self, run: "Run") -> None:
        """Write when it is time to; an epoch cut short was written at the step where it ended."""
        self._tell()
        if self.written != run.n_steps and (run.interrupted or self._due(run)):
            self._write(run)

    def on_end(self, run: "Run") -> None:
        """Write the run, finished or ended from outside between two epochs, and wait until it is there."""
        try:
            ended = self.written != run.n_steps and run.between if run.interrupted else run.record.stopped
            if ended:
                self._write(run)
            self._wait()
        finally:
            del self.writer

    def _due(self, run: "Run") -> bool:
        if self.steps is not None:
            return run.n_steps % self.steps == 0
        writing = self.writer is not None and self.writer.is_alive()
        return run.agreed(time.monotonic() >= self.next and not writing)

    def _write(self, run: "Run") -> None:
        self._wait()
        state, self.written = run.state(), run.n_steps
        best = self._best(run, state) if self.keep_best and self._has_better(run) else None
        if not run.world.is_first:
            return
        files = {LAST: copy_state(state)} | ({} if best is None else {BEST: copy_state(best)})
        self.writer = threading.Thread(target=self._put, args=(files,), name="netwright checkpoint")
        self.writer.start()
        self.next = time.monotonic() + self.seconds

    def _put(self, files: dict[str, Any]) -> None:
        try:
            for name, state in files.items():
                write_state(Path(self.folder) / name, state)
        except Exception as error:  # the thread that trains tells it
            self.problem, self.best = error, 0
        else:
            self.told = False

    def _has_better(self, run: "Run") -> bool:
        """Whether the best weights are others than those written last, which the first process knows."""
        return bool(run.world.share(run.record.best_epoch not in (0, None, self.best)))

    def _best(self, run: "Run", state: dict[str, Any]) -> dict[str, Any] | None:
        """The best weights, whole: of a divided network every process gives its part."""
        self.best = run.record.best_epoch
        if state["finished"]:
            return dict(state["network"])
        keepers = [c for c in run.callbacks if isinstance(c, EarlyStopping) and c.restore_best]
        return full_state(keepers[0].weights) if keepers else None

    def _wait(self) -> None:
        if self.writer is not None:
            self.writer.join()
        self._tell()

    def _tell(self) -> None:
        problem, self.problem = self.problem, None
        if problem is None:
            return
        if not isinstance(problem, OSError | MemoryError):
            raise problem
        if not self.told:
            reason = getattr(problem, "strerror", "") or str(problem) or "the memory does not suffice"
            warnings.warn(
                f"the checkpoint in {self.folder} could not be written ({reason}); the one before it stays, "
                "and the run goes on: make room, or name another folder",
                CheckpointWarning,
                stacklevel=2,
            )
        self.told = True
