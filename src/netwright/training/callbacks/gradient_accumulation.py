"""Gradient accumulation: large batches on a small machine."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import check_positive

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class GradientAccumulation(Callback):
    """Sends a batch through the network in parts and adds their gradients up before the step.

    Use it when a batch does not fit into memory: the step is that of the whole batch, while only so many
    rows are held at once. Batch normalisation alone sees the parts.

        g = sum_k n_k / n * grad(mean loss of part k)

    Args:
        rows_at_once: rows that pass the network together; with several processes, in each of them.

    Raises:
        InputError: in training, when it is no whole number from 1, or batches cannot be cut by rows.

    Example:
        >>> import torch
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> samples = TensorSamples(torch.randn(64, 2), torch.randn(64, 1))
        >>> training = Training(epochs=1, batch_size=64, callbacks=[GradientAccumulation(rows_at_once=16)])
        >>> record = training.run(torch.nn.Linear(2, 1), Supervised(torch.nn.MSELoss()), samples)
        >>> record.steps_per_epoch
        1
    """

    rows_at_once: int

    def on_start(self, run: "Run") -> None:
        """Tell the run."""
        check_positive("rows_at_once", self.rows_at_once, whole=True)
        run.rows_at_once = self.rows_at_once
