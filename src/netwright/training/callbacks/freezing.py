"""Freezing: parts of a network that training must not move."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

from torch import nn

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback
from netwright.training.callbacks.naming import Names, choose_names

if TYPE_CHECKING:
    from netwright.training.objective import Player
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class Freezing(Callback):
    """Keeps parts of the network as they are, to the bit, while the rest learns.

    Use it to fine-tune: keep what a network has learnt from many rows, and teach its last layers by the few
    that you have. Neither momentum nor weight decay moves what is frozen; frozen batch normalisation
    computes as in evaluation and keeps its statistics. At the end of the run all is as free as before it;
    what was frozen before stays so.

    Args:
        modules: names of modules or parameters, each for all that stands below it, or a function of the
            names of parameters and buffers.

    Raises:
        InputError: in training, when a name fits nothing, or a player is left with nothing to move.

    Example:
        >>> import torch
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
        >>> before = network[0].weight.clone()
        >>> training = Training(epochs=2, callbacks=[Freezing(["0"])])
        >>> samples = TensorSamples(torch.randn(16, 2), torch.randn(16, 1))
        >>> _ = training.run(network, Supervised(nn.MSELoss()), samples)
        >>> torch.equal(network[0].weight, before), network[0].weight.requires_grad
        (True, True)

    Source:
        Yu (2016), "A Comprehensive guide to Fine-tuning Deep Learning Models in Keras",
        flyyufelix.github.io; Yosinski et al. (2014), "How transferable are features in deep neural
        networks?", arXiv:1411.1792.
    """

    modules: Names

    needs_autograd: ClassVar[bool] = True

    def groups(
        self, network: nn.Module, player: "Player", groups: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Leave frozen parameters out of the optimizer."""
        named = dict(network.named_parameters())
        frozen = {id(named[name]) for name in self._chosen(network) if name in named}
        left = [{**group, "params": [p for p in group["params"] if id(p) not in frozen]} for group in groups]
        left = [group for group in left if group["params"]]
        if not left:
            raise InputError(
                f"Freezing must leave {player.name} something to move", "nothing", "freeze fewer modules"
            )
        return left

    def on_start(self, run: "Run") -> None:
        """Freeze."""
        names = set(self._chosen(run.network))
        self.held = [p for name, p in run.network.named_parameters() if name in names and p.requires_grad]
        self.still = modules_with(run.network, names)
        self._freeze()

    def on_epoch_start(self, run: "Run") -> None:
        """Freeze what others have set free, and modules that the epoch has put in training mode."""
        self._freeze()

    def on_end(self, run: "Run") -> None:
        """Set free what was free."""
        for parameter in self.held:
            parameter.requires_grad = True
        self.held, self.still = [], []

    def state(self) -> dict[str, Any]:
        """Return how much is frozen, so that a run that goes on within an epoch freezes it again."""
        return {"parameters": len(self.held)}

    def restore(self, run: "Run", state: dict[str, Any]) -> None:
        """Freeze within a resumed epoch."""
        self._freeze()

    def _chosen(self, network: nn.Module) -> list[str]:
        known = [name for name, _ in network.named_parameters()] + [
            name for name, _ in network.named_buffers()
        ]
        return choose_names(known, self.modules, "modules")

    def _freeze(self) -> None:
        for parameter in self.held:
            parameter.requires_grad = False
        for module in self.still:
            module.eval()


def modules_with(network: nn.Module, names: set[str]) -> list[nn.Module]:
    """Return the modules that keep running values of their own, and of whose tensors one bears such a name.

    Args:
        network: of any kind.
        names: of parameters and buffers.

    Example:
        >>> network = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1), nn.BatchNorm1d(1))
        >>> modules_with(network, {"0.weight", "1.weight"}) == [network[1]]
        True
    """
    found = []
    for prefix, module in network.named_modules():
        buffers = [name for name, _ in module.named_buffers(recurse=False)]
        own = buffers + [name for name, _ in module.named_parameters(recurse=False)]
        if buffers and any(f"{prefix}.{name}".lstrip(".") in names for name in own):
            found.append(module)
    return found
