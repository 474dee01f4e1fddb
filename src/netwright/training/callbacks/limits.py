"""Ends that come from outside: a limit of time, and the user's Ctrl-C."""

import signal
import threading
import time
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, final

from netwright.training.callbacks.callback import Callback

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class TimeLimit(Callback):
    """Stops a run after a time, in the middle of an epoch where need be.

    The epoch that was cut short is measured like any other, so that early stopping still finds the best one.
    With a `Checkpoint` the run can go on later, and has the whole time again.

    Args:
        seconds: wall-clock time from the start of the run.

    Example:
        >>> TimeLimit(seconds=60)
        TimeLimit(seconds=60)
    """

    seconds: float

    def on_start(self, run: "Run") -> None:
        """Start the clock."""
        self.end = time.monotonic() + self.seconds

    def on_step_end(self, run: "Run") -> None:
        """Stop when the time is over."""
        if time.monotonic() > self.end:
            run.stop(f"the time limit of {self.seconds:.3g} seconds was reached", resumable=True)


@final
@dataclass(eq=False)
class StopOnInterrupt(Callback):
    """Turns the first Ctrl-C into a quiet end of the run that keeps the best weights; the second one kills.

    Use it in programs that go on after training, such as the command line. Without it Ctrl-C raises
    `KeyboardInterrupt` as everywhere in Python. In a thread other than the main one it does nothing.

    Example:
        >>> StopOnInterrupt()
        StopOnInterrupt()
    """

    def on_start(self, run: "Run") -> None:
        """Listen for the signal."""
        self.before: Any = None
        self.interrupted = False
        if threading.current_thread() is threading.main_thread():
            self.before = signal.signal(signal.SIGINT, self._interrupt)

    def on_step_end(self, run: "Run") -> None:
        """Stop once the signal has come."""
        if self.interrupted:
            run.stop("interrupted by the user", resumable=True)

    def on_end(self, run: "Run") -> None:
        """Give the signal back to whom it belonged."""
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)
            self.before = None

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
