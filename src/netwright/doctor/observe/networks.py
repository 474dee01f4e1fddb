"""Which modules are networks: those with parameters, but not what only lays one on several processes."""

import weakref

from torch import nn
from torch.nn.parallel import DistributedDataParallel


class Networks:
    """Knows modules again that were asked of before.

    Example:
        >>> networks = Networks()
        >>> nn.Linear(1, 1) in networks, nn.MSELoss() in networks
        (True, False)
    """

    def __init__(self) -> None:
        self.known: weakref.WeakKeyDictionary[nn.Module, bool] = weakref.WeakKeyDictionary()

    def __contains__(self, module: nn.Module) -> bool:
        """Whether it is one; others, such as losses, activations and wrappers, are seen through."""
        found = self.known.get(module)
        if found is None:
            learns = next(module.parameters(), None) is not None
            found = self.known[module] = learns and not isinstance(module, DistributedDataParallel)
        return found
