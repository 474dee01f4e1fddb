"""What rule sets look at in a network: its activations of a batch, its gradients and its weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

RELUS = (nn.ReLU, nn.ReLU6)
WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Activations:
    """Keeps what each leaf of a network last took and gave, while training.

    Args:
        network: to listen to.
    """

    def __init__(self, network: nn.Module) -> None:
        self.seen: dict[str, tuple[nn.Module, Tensor, Tensor]] = {}
        leaves = [(name, one) for name, one in network.named_modules() if not list(one.children())]
        self.hooks = [one.register_forward_hook(self._keep(name)) for name, one in leaves]

    def _keep(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            if (
                torch.is_grad_enabled()
                and args
                and isinstance(args[0], Tensor)
                and isinstance(output, Tensor)
            ):
                self.seen[name] = (module, args[0].detach(), output.detach())

        return hook

    def of(self, *kinds: type[nn.Module]) -> list[tuple[Tensor, Tensor]]:
        """What modules of these kinds took and gave, in the order of the network.

        Args:
            kinds: of modules.
        """
        return [(taken, given) for module, taken, given in self.seen.values() if isinstance(module, kinds)]

    def close(self) -> None:
        """Listen no more."""
        for hook in self.hooks:
            hook.remove()


def gradients(network: nn.Module) -> list[Tensor]:
    """Return all gradients that stand.

    Args:
        network: after a backward pass.
    """
    return [one.grad.detach() for one in network.parameters() if one.grad is not None]


def weights(network: nn.Module) -> list[Tensor]:
    """Return copies of all that learns.

    Args:
        network: any.
    """
    return [one.detach().clone() for one in network.parameters() if one.requires_grad]
