"""A line of progress: epochs, time left, and the values of the last epoch."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from netwright.training.callbacks.callback import Callback

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class Progress(Callback):
    """Draws a bar on stderr with the epochs done, the time left and the last values.

    The time left counts to the last epoch; early stopping may come sooner.

    Args:
        title: what stands before the bar.

    Example:
        >>> Progress(title="training")
        Progress(title='training')
    """

    title: str = "training"

    def on_start(self, run: "Run") -> None:
        """Show the bar."""
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[values]}"),
            console=Console(file=sys.stderr),
        )
        self.task = self.bar.add_task(self.title, total=run.epochs, values="")
        self.bar.start()

    def on_epoch_end(self, run: "Run") -> None:
        """Move the bar."""
        hidden = ("epoch", "learning_rate")
        values = "  ".join(f"{name} {value:.4g}" for name, value in run.values.items() if name not in hidden)
        self.bar.update(self.task, completed=run.epoch, values=values)

    def on_end(self, run: "Run") -> None:
        """Close the bar."""
        self.bar.stop()
        del self.bar, self.task  # a bar can be neither copied nor pickled
