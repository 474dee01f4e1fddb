"""What a callback is: someone who is told of the events of a run, in order."""

from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run
    from netwright.training.samples import Steps


class Callback:
    """Hears the events of one run; a subclass overrides those it cares about.

    Before the run it may say how each epoch is cut into batches (`plan`) and how parameters are grouped
    (`groups`). Then the order is: `on_start`, for each epoch `on_epoch_start`, for each batch `on_batch`, for
    each player `on_loss` and `on_gradients` and after all players `on_step_end`; when the steps are done
    `on_validate` before validation, `on_measure` after it (add values to `run.values`) and `on_epoch_end`
    (judge them; `run.stop("why")` ends the run); and `on_end` last, also when the run fails.

    What a resumed run must know of a callback, `state` gives and `restore` takes back.

    Attributes:
        needs_autograd: whether it works through hooks of modules, freezes parameters, or wants gradients
            that autograd made; the loop then leaves its hand-written forward and backward pass out.
        hears_last: whether it hears of everything after the other callbacks, since it keeps or judges what
            they leave.

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

    needs_autograd: ClassVar[bool] = False
    hears_last: ClassVar[bool] = False

    def plan(self, epoch: int, steps: "Steps") -> "Steps":
        """Return how the rows of this epoch are cut into batches, by the arguments and settings alone.

        It is asked about every epoch before the run, to count its steps, and again when the epoch begins.
        """
        return steps

    def groups(
        self, network: nn.Module, player: "Player", groups: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the parameter groups of which the player's optimizer is made, each "params" and "lr"."""
        return groups

    def on_start(self, run: "Run") -> None:
        """Hear that the run begins; forget what an earlier run left."""

    def on_epoch_start(self, run: "Run") -> None:
        """Hear that epoch `run.epoch` begins."""

    def on_batch(self, run: "Run", batch: Any) -> Any:
        """Return the batch that the network learns from; the one that is given may be changed or replaced."""
        return batch

    def on_loss(self, run: "Run", player: "Player", loss: Tensor) -> Tensor:
        """Return the loss that is differentiated; the one that was given is recorded."""
        return loss

    def on_gradients(self, run: "Run", player: "Player") -> None:
        """Change the gradients of a player, in place, before its optimizer takes a step."""

    def on_step_end(self, run: "Run") -> None:
        """Hear that every player has taken its step on a batch."""

    def on_validate(self, run: "Run") -> None:
        """Hear that the steps of the epoch are done and validation begins."""

    def on_measure(self, run: "Run") -> None:
        """Add this epoch's values to `run.values`."""

    def on_epoch_end(self, run: "Run") -> None:
        """Judge this epoch by `run.values`."""

    def on_end(self, run: "Run") -> None:
        """Hear that the run is over; restore or close what is yours."""

    def state(self) -> dict[str, Any]:
        """Return what a resumed run must know: plain values, tensors, and lists and dictionaries of them."""
        return {}

    def restore(self, run: "Run", state: dict[str, Any]) -> None:
        """Take back what `state` gave; called after `on_start` of the resumed run."""
