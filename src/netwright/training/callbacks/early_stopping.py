"""Early stopping: end a run whose validation score no longer improves, and keep the best weights."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback
from netwright.training.distribute import load_full_state

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class EarlyStopping(Callback):
    """Stops after `patience` epochs without a better value, and gives the best epoch's weights back.

    Use it whenever there are validation rows: a validation loss that no longer falls is the usual sign that
    the network has begun to learn the training rows by heart. An epoch is better when it beats the best
    value so far by more than `min_delta`.

    Args:
        patience: epochs to wait for a better one; None waits for ever, and only keeps the best weights.
        monitor: the value that is watched, a key of the epochs of the record.
        greater_is_better: whether a larger value is a better one, as with the ROC AUC.
        min_delta: improvements up to this do not count.
        restore_best: whether the network gets the weights of its best epoch at the end.

    Raises:
        InputError: in training, when no value of that name is measured.

    Example:
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> samples = TensorSamples(torch.zeros(8, 2), torch.zeros(8, 1))
        >>> training = Training(epochs=50, validation=0.25, callbacks=[EarlyStopping(patience=3)])
        >>> record = training.run(torch.nn.Linear(2, 1, bias=False), Supervised(torch.nn.MSELoss()), samples)
        >>> len(record.epochs), record.best_epoch
        (4, 1)

    Source:
        Prechelt (1998), "Early Stopping - But When?", doi:10.1007/3-540-49430-8_3.
    """

    patience: int | None = 10
    monitor: str = "validation_loss"
    greater_is_better: bool = False
    min_delta: float = 0.0
    restore_best: bool = True

    def on_start(self, run: "Run") -> None:
        """Forget an earlier run."""
        self.best = -math.inf
        self.wait = 0
        self.weights: dict[str, Tensor] = {}

    def on_epoch_end(self, run: "Run") -> None:
        """Compare the epoch with the best one so far."""
        if self.monitor not in run.values:
            raise InputError(
                f"monitor must be measured in each epoch ({', '.join(run.values)})",
                repr(self.monitor),
                "name one of these, give validation rows, or add an EpochMetric of that name",
            )
        value = run.values[self.monitor] * (1 if self.greater_is_better else -1)
        if value > self.best + self.min_delta:
            self.best, self.wait = value, 0
            run.record.best_epoch = run.epoch
            self._remember(run)
            return
        self.wait += 1
        if self.patience is not None and self.wait >= self.patience:
            run.stop(f"{self.monitor} did not improve for {self.patience} epochs")

    def on_end(self, run: "Run") -> None:
        """Give the weights of the best epoch back."""
        if self.restore_best and self.weights:
            load_full_state(run.network, self.weights)
        self.weights = {}

    def state(self) -> dict[str, Any]:
        """Return the best value, the epochs since then, and its weights."""
        return {"best": self.best, "wait": self.wait, "weights": self.weights}

    def restore(self, run: "Run", state: dict[str, Any]) -> None:
        """Go on comparing where the run was left."""
        self.best, self.wait, self.weights = state["best"], state["wait"], state["weights"]

    def _remember(self, run: "Run") -> None:
        if not self.restore_best:
            return
        with torch.no_grad():
            for name, tensor in run.network.state_dict().items():
                kept = self.weights.get(name)
                if kept is not None and type(kept) is type(tensor):  # whole from a file, divided in a run
                    kept.copy_(tensor)
                else:
                    self.weights[name] = tensor.clone()
