"""Discriminative rates: the nearer a block is to the input, the slower it learns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from torch import nn

from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import Names, check_positive, choose_names

if TYPE_CHECKING:
    from netwright.training.objective import Player


@final
@dataclass(eq=False)
class DiscriminativeRates(Callback):
    """Gives each block of a network a learning rate of its own, smaller towards the input.

    Use it to fine-tune: the first layers hold what is general and should hardly move, the last ones what
    belongs to the old task. A schedule that multiplies rates keeps the ratios; one that sets every group's
    rate itself, as torch's OneCycleLR does with one max_lr, does not.

        rate_{l-1} = rate_l / factor     the last block, and what no block names, has the rate of the run

    Args:
        blocks: from the input to the output; each a name of a module or parameter, a list of such names, or
            a function of names.
        factor: between the rates of neighbours.

    Raises:
        InputError: in training, when a name fits nothing or the factor is not above zero.

    Example:
        >>> from netwright.training import Callback, Supervised, TensorSamples, Training
        >>> class Tell(Callback):
        ...     def on_start(self, run):
        ...         print([round(group["lr"], 3) for group in run.players[0][1].param_groups])
        >>> import torch
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1))
        >>> rates = DiscriminativeRates(["0", "1", "2"])
        >>> training = Training(epochs=1, learning_rate=0.1, callbacks=[rates, Tell()])
        >>> samples = TensorSamples(torch.randn(16, 2), torch.randn(16, 1))
        >>> _ = training.run(network, Supervised(nn.MSELoss()), samples)
        [0.1, 0.038, 0.015]

    Source:
        Howard and Ruder (2018), "Universal Language Model Fine-tuning for Text Classification",
        arXiv:1801.06146.
    """

    blocks: Sequence[str | Names]
    factor: float = 2.6

    def groups(
        self, network: nn.Module, player: "Player", groups: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Cut each group by blocks, the fastest first."""
        check_positive("factor", self.factor)
        named = dict(network.named_parameters())
        parts = [choose_names(named, block, "blocks") for block in self.blocks]
        depth = {id(named[name]): len(parts) - 1 - place for place, part in enumerate(parts) for name in part}
        cut = []
        for group in groups:
            for steps in range(len(parts) or 1):
                mine = [p for p in group["params"] if depth.get(id(p), 0) == steps]
                if mine:
                    cut.append({**group, "params": mine, "lr": group["lr"] / self.factor**steps})
        return cut
