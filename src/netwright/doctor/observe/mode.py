"""The mode of torch through which every function of torch is heard, while it is on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from netwright.doctor.observe.places import Line, user_line

_ASKED = (
    "grad",
    "is_meta",
    "grad_fn",
    "is_leaf",
    "requires_grad",
    "shape",
    "dtype",
    "device",
    "ndim",
    "layout",
)
TELLING_NOTHING = frozenset(
    {
        *(getattr(torch.Tensor, name).__get__ for name in _ASKED),
        *(getattr(torch.Tensor, name).__set__ for name in ("grad", "requires_grad")),
        torch.Tensor.backward,
        torch.Tensor.size,
        torch.Tensor.dim,
        torch.Tensor.numel,
        torch.Tensor.is_floating_point,
        torch.Tensor.requires_grad_,
        torch.ops.profiler._record_function_enter_new,
        torch.ops.profiler._record_function_exit._RecordFunction,
    }
)
"""Functions that compute nothing: what a tensor is, and what optimizers do around their steps."""


class FunctionMode(TorchFunctionMode):
    """Tells a listener of every function of torch, while it is on.

    Args:
        listener: (function, args, kwargs, result) -> None.
        on_failure: (function, args, kwargs, error) -> None, where a function raises.
    """

    def __init__(
        self,
        listener: Callable[[Any, Any, Any, Any], None],
        on_failure: Callable[[Any, Any, Any, Exception], None],
    ) -> None:
        super().__init__()
        self.listener, self.on_failure = listener, on_failure
        self.on = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            result = func(*args, **(kwargs or {}))
        except Exception as error:
            self.on_failure(func, args, kwargs or {}, error)
            raise
        if func not in TELLING_NOTHING:
            self.listener(func, args, kwargs or {}, result)  # which never raises
        return result

    def turn(self, *, on: bool) -> None:
        """Switch on or off.

        Args:
            on: whether it shall be on.
        """
        if on:
            self.switch_on()
        else:
            self.switch_off()

    def switch_on(self) -> None:
        """Switch on, if nobody else's mode is."""
        if not self.on and not _get_current_function_mode_stack():  # type: ignore[no-untyped-call]
            self.__enter__()  # type: ignore[no-untyped-call]
            self.on = True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Be off inside of the block, and afterwards as before."""
        if not self.on:
            yield
            return
        self.switch_off()
        try:
            yield
        finally:
            self.switch_on()

    def switch_off(self) -> None:
        """Switch off, if it can be done without taking somebody else's mode away."""
        if self.on:
            stack = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
            if stack and stack[-1] is self:
                self.__exit__(None, None, None)
                self.on = False


def function_line() -> Line | None:
    """Return the line of the user's code that called a function of torch.

    Example:
        >>> function_line() is None or True
        True
    """
    return user_line(3)
