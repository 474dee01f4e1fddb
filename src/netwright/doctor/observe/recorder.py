"""Writes the tape of a step while the step runs: calls of networks, and functions of what they gave."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils._pytree import tree_flatten

from netwright.doctor.observe.places import Line, user_line
from netwright.doctor.observe.tape import (
    Operation,
    Outside,
    Ref,
    Tape,
    Weight,
    needed,
    renumbered,
    version_of,
    writes,
)

MOST_OPERATIONS = 5000
"""Of a step; a longer one is not recorded."""
MOST_CALLS = 64
"""Of networks before anything is differentiated; more are an evaluation that keeps its graph."""


class Recorder:
    """The operations since the last step of an optimizer.

    Example:
        >>> recorder = Recorder()
        >>> weight = torch.ones(2, requires_grad=True)
        >>> loss = weight.sum()
        >>> recorder.note(torch.sum, (weight,), {}, loss)
        >>> recorder.tape(loss, None).value
        2.0
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.operations: list[Operation] = []
        self.numbers: dict[int, int] = {}
        self.held: list[Tensor] = []
        self.constants: list[Tensor] = []
        self.versions: list[int] = []
        self.places: dict[int, int] = {}
        self.weights: list[Tensor] = []
        self.weight_places: dict[int, int] = {}
        self.n_numbers = self.n_calls = 0
        self.broken = False

    def knows(self, tensor: Tensor) -> bool:
        """Whether the tape computes this tensor."""
        return id(tensor) in self.numbers

    def note(
        self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any, line: Line | None = None
    ) -> None:
        """Write one call down, if it has to do with what learns.

        Args:
            function: of torch, or the network that was called.
            args: as given.
            kwargs: as given.
            result: what it returned.
            line: of the user's code.
        """
        if self.broken:
            return
        is_module = isinstance(function, nn.Module)
        leaves, spec = tree_flatten((args, kwargs))
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        if not is_module and not any(self.knows(one) or _learns(one) for one in tensors):
            return
        results = tree_flatten(result)[0]
        in_place = not is_module and writes(getattr(function, "__name__", ""))
        if not in_place and not any(isinstance(one, Tensor) for one in results):
            return
        self.n_calls += is_module
        if len(self.operations) >= MOST_OPERATIONS or self.n_calls > MOST_CALLS:
            self.forget()
            self.broken = True
            return
        symbols = tuple(self._symbol(leaf) for leaf in leaves)
        outputs = tuple(self._number(one) if isinstance(one, Tensor) else None for one in results)
        self.operations.append(
            Operation(
                function,
                symbols,
                spec,
                outputs,
                function.training if is_module else None,  # type: ignore[attr-defined]
                torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None,
                line,
            )
        )

    def tape(self, loss: Tensor, line: Line | None, step: int = 0) -> Tape | None:
        """Return what led to this loss, or None where that is not known.

        Args:
            loss: that is differentiated.
            line: where.
            step: of the optimizer.
        """
        number = self.numbers.get(id(loss))
        if self.broken or number is None:
            return None
        value = float(loss.detach().sum())
        whole = Tape(
            needed(self.operations, number),
            number,
            value,
            tuple(self.constants),
            tuple(self.weights),
            line,
            step,
            tuple(self.versions),
        )
        return renumbered(whole)

    def _symbol(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        if (number := self.numbers.get(id(leaf))) is not None:
            return Ref(number)
        if _learns(leaf):
            place = self.weight_places.setdefault(id(leaf), len(self.weights))
            if place == len(self.weights):
                self.weights.append(leaf)
            return Weight(place)
        place = self.places.setdefault(id(leaf), len(self.constants))
        if place == len(self.constants):
            self.held.append(leaf)
            self.constants.append(leaf.detach())
            self.versions.append(version_of(leaf))
        return Outside(place)

    def _number(self, tensor: Tensor) -> int:
        self.held.append(tensor)  # else another tensor could take its id
        self.numbers[id(tensor)] = self.n_numbers
        self.n_numbers += 1
        return self.n_numbers - 1


def _learns(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.is_leaf


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
        self.listener(func, args, kwargs or {}, result)  # which never raises
        return result

    def switch_on(self) -> None:
        """Switch on, if nobody else's mode is."""
        if not self.on and not _get_current_function_mode_stack():  # type: ignore[no-untyped-call]
            self.__enter__()  # type: ignore[no-untyped-call]
            self.on = True

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
