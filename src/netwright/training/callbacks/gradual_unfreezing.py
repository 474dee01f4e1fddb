"""Gradual unfreezing: the last block learns first, and the ones before it join in one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.freezing import modules_with
from netwright.training.callbacks.naming import Names, check_positive, choose_names

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class GradualUnfreezing(Callback):
    """Lets the last block of a pretrained network learn first, and sets one more free every few epochs.

    Use it to fine-tune on few rows: set free all at once, the large gradients of a new head would wash out
    what the layers before it know. Blocks that are still frozen do not change by a bit, and their batch
    normalisation computes as in evaluation. What no block names, such as the new head, always learns.

    In epoch e the last min(L, 1 + floor((e - 1) / every)) of L blocks learn.

    Args:
        blocks: from the input to the output; each a name of a module or parameter, a list of such names, or
            a function of names.
        every: epochs between two blocks.

    Raises:
        InputError: in training, when a name fits nothing or `every` is no whole number from 1.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1))
        >>> before = network[0].weight.clone()
        >>> training = Training(epochs=2, callbacks=[GradualUnfreezing(["0", "1", "2"])])
        >>> samples = TensorSamples(torch.randn(16, 2), torch.randn(16, 1))
        >>> _ = training.run(network, Supervised(nn.MSELoss()), samples)
        >>> torch.equal(network[0].weight, before)  # its turn would come in epoch 3
        True

    Source:
        Howard and Ruder (2018), "Universal Language Model Fine-tuning for Text Classification",
        arXiv:1801.06146.
    """

    blocks: Sequence[str | Names]
    every: int = 1

    needs_autograd: ClassVar[bool] = True

    def on_start(self, run: "Run") -> None:
        """Look up the blocks."""
        check_positive("every", self.every, whole=True)
        named = dict(run.network.named_parameters())
        known = [*named, *(name for name, _ in run.network.named_buffers())]
        parts = [set(choose_names(known, block, "blocks")) for block in self.blocks]
        self.parameters = [
            [named[name] for name in part if name in named and named[name].requires_grad] for part in parts
        ]
        self.modules = [modules_with(run.network, part) for part in parts]

    def on_epoch_start(self, run: "Run") -> None:
        """Freeze the blocks whose turn has not come, and set the others free."""
        n_frozen = max(len(self.parameters) - 1 - (run.epoch - 1) // self.every, 0)
        for place, (parameters, modules) in enumerate(zip(self.parameters, self.modules, strict=True)):
            for parameter in parameters:
                parameter.requires_grad = place >= n_frozen
            for module in modules if place < n_frozen else ():
                module.eval()

    def on_end(self, run: "Run") -> None:
        """Set free what was free."""
        for parameters in self.parameters:
            for parameter in parameters:
                parameter.requires_grad = True
        self.parameters, self.modules = [], []

    def state(self) -> dict[str, Any]:
        """Return how many blocks there are, so that a run that goes on within an epoch freezes them again."""
        return {"blocks": len(self.parameters)}

    def restore(self, run: "Run", state: dict[str, Any]) -> None:
        """Freeze within a resumed epoch what was frozen in it."""
        self.on_epoch_start(run)
