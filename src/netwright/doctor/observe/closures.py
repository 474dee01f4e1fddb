"""Steps that compute their own gradients, by a closure that the optimizer calls when it needs them."""

from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer


class Closures:
    """Puts itself around the closures of optimizers, so that a step is told of when its gradients are there.

    Further calls of a closure within one step, as LBFGS makes them to look along a line, are the optimizer's
    own business.

    Args:
        tell: called with an optimizer whose gradients are there and whose step is about to be taken.
        heard: calls a function that is listened to.
        alone: calls a function of which nobody hears.

    Example:
        >>> import torch
        >>> weight = torch.nn.Parameter(torch.zeros(1))
        >>> optimizer, told = torch.optim.SGD([weight]), []
        >>> closures = Closures(told.append, *2 * (lambda function: function(),))
        >>> (_, closure), _ = closures.around(optimizer, (optimizer, lambda: 0.0), {})
        >>> len(told), closure(), closure(), len(told)
        (0, 0.0, 0.0, 1)
    """

    def __init__(
        self,
        tell: Callable[[Optimizer], None],
        heard: Callable[[Callable[[], Any]], Any],
        alone: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self.tell, self.heard, self.alone = tell, heard, alone
        self.waiting: set[int] = set()

    def around(self, optimizer: Optimizer, args: Any, kwargs: Any) -> tuple[Any, Any] | None:
        """Return the arguments of a step with another closure; None where it is to be told of at once.

        Args:
            optimizer: about to take the step.
            args: of the step, the optimizer first.
            kwargs: of the step.
        """
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if not callable(closure):
            return None
        self.waiting.add(id(optimizer))

        def known() -> Any:
            if id(optimizer) not in self.waiting:
                return self.alone(closure)
            result = self.heard(closure)
            self.settle(optimizer)
            return result

        if len(args) > 1:
            return (args[0], known, *args[2:]), kwargs
        return args, {**kwargs, "closure": known}

    def settle(self, optimizer: Optimizer) -> None:
        """Tell of a step, unless it was told of; also where the closure was never called.

        Args:
            optimizer: that takes it.
        """
        if id(optimizer) in self.waiting:
            self.waiting.discard(id(optimizer))
            self.tell(optimizer)
