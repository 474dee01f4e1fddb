"""Logs for TensorBoard: the values of each epoch, and on request the spread of weights and gradients."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import check_positive

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class TensorBoard(Callback):
    """Writes the values of each epoch where TensorBoard reads them.

    Use it to watch long runs, or to lay many of them over each other: give each a folder of its own inside
    one, and call `tensorboard --logdir` on that. All that the record keeps of an epoch is written under its
    name: losses, metrics, and the learning rate. It is there as soon as the epoch is over; with several
    processes the first one writes. A resumed run goes on in its folder, and epochs that it repeats stand
    there once; a run that begins anew hides the one before it.

    Args:
        folder: made where it is lacking.
        histograms: epochs between two pictures of all weights and of their gradients at the last step, under
            "weights/" and "gradients/"; None for no pictures.

    Raises:
        InputError: in training, when tensorboard is not installed.

    Example:
        >>> TensorBoard("logs/first", histograms=10)
        TensorBoard(folder='logs/first', histograms=10)

    Source:
        Abadi et al. (2016), "TensorFlow: Large-Scale Machine Learning on Heterogeneous Distributed Systems",
        arXiv:1603.04467.
    """

    folder: str | Path
    histograms: int | None = None

    def on_start(self, run: "Run") -> None:
        """Ask for what writes, before the first epoch has cost its time."""
        if self.histograms is not None:
            check_positive("histograms", self.histograms, whole=True)
        if importlib.util.find_spec("tensorboard") is None:
            raise InputError(
                "TensorBoard must have the package tensorboard to write with",
                "an installation without it",
                "pip install netwright[board]",
            )
        self.writer: Any = None

    def on_epoch_end(self, run: "Run") -> None:
        """Write the epoch."""
        if not run.world.is_first:
            return
        if self.writer is None:
            self.writer = self._open(run.epoch)
        for name, value in run.values.items():
            if name != "epoch":
                self.writer.add_scalar(name, value, run.epoch)
        if self.histograms is not None and run.epoch % self.histograms == 0:
            self._draw(run)
        self.writer.flush()

    def on_end(self, run: "Run") -> None:
        """Close the file."""
        if self.writer is not None:
            self.writer.close()
        del self.writer  # it holds a thread, which can be neither copied nor pickled

    def _open(self, epoch: int) -> Any:
        """Open a file from this epoch on; what older files say of it and of later ones is hidden."""
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self.folder), purge_step=epoch)

    def _draw(self, run: "Run") -> None:
        for name, parameter in run.network.named_parameters():
            self.writer.add_histogram(f"weights/{name}", parameter.detach(), run.epoch)
            if parameter.grad is not None:
                self.writer.add_histogram(f"gradients/{name}", parameter.grad, run.epoch)
