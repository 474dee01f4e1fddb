"""What a callback is: someone who is told of the events of a run, in order."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run


class Callback:
    """Hears the events of one run; a subclass overrides those it cares about.

    The order is: `on_start`, then for each epoch `on_epoch_start`, for each step and player `on_gradients`
    and after all players `on_step_end`, then `on_measure` (add values to `run.values`) and `on_epoch_end`
    (judge them; `run.stop("why")` ends the run), and `on_end` last, also when the run fails.

    Example:
        >>> class StopAtOnce(Callback):
        ...     def on_epoch_end(self, run):
        ...         run.stop("seen enough")
        >>> import torch
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> samples = TensorSamples(torch.randn(8, 2), torch.randn(8, 1))
        >>> training = Training(epochs=9, validation=0, callbacks=[StopAtOnce()])
        >>> training.run(torch.nn.Linear(2, 1), Supervised(torch.nn.MSELoss()), samples).stopped
        'seen enough'
    """

    def on_start(self, run: "Run") -> None:
        """Hear that the run begins; forget what an earlier run left."""

    def on_epoch_start(self, run: "Run") -> None:
        """Hear that epoch `run.epoch` begins."""

    def on_gradients(self, run: "Run", player: "Player") -> None:
        """Change the gradients of a player before its optimizer takes a step."""

    def on_step_end(self, run: "Run") -> None:
        """Hear that every player has taken its step on a batch."""

    def on_measure(self, run: "Run") -> None:
        """Add this epoch's values to `run.values`."""

    def on_epoch_end(self, run: "Run") -> None:
        """Judge this epoch by `run.values`."""

    def on_end(self, run: "Run") -> None:
        """Hear that the run is over; restore or close what is yours."""
