"""Writes the tape of a step while the step runs: calls of networks, and functions of what they gave."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from netwright.doctor.observe.operation import Operation, Outside, Ref, Weight, writes
from netwright.doctor.observe.places import Line
from netwright.doctor.observe.tape import Tape, needed, renumbered, version_of

MOST_OPERATIONS = 5000
"""Of a step; a longer one is not recorded."""
MOST_CALLS = 64
"""Of networks before anything is differentiated; more are an evaluation that keeps its graph."""

FULL_PAGES = 2
"""Until what was computed before writing began again is no longer used: a generator's samples are by the
generator, one step after the critic's."""


@dataclass
class Page:
    """What was written down between two steps of optimizers.

    Numbers and places go on from page to page, so that operations of two pages can stand on one tape.

    Args:
        operations: in order.
        numbers: id of a computed tensor -> its number.
        computed: number -> tensor, which is held: else another one could take its id.
        places: id of a tensor from outside -> its place.
        constants: place -> the tensor's values.
        versions: place -> how often it had been written into.
        weight_places: id of a tensor that learns and was used by itself -> its place.
        weights: place -> tensor.
        held: tensors from outside.
        n_calls: of networks.
        unknown: whether something entered that learns, of which nobody knows where it comes from.
    """

    operations: list[Operation] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    computed: dict[int, Tensor] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    constants: dict[int, Tensor] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    weight_places: dict[int, int] = field(default_factory=dict)
    weights: dict[int, Tensor] = field(default_factory=dict)
    held: list[Tensor] = field(default_factory=list)
    n_calls: int = 0
    unknown: bool = False


class Recorder:
    """The operations since the last step of an optimizer, and those between that step and the one before.

    The latter are kept for what leads through them, as where a critic learns from samples first and their
    generator after it.

    Example:
        >>> recorder = Recorder()
        >>> weight = torch.ones(2, requires_grad=True)
        >>> loss = weight.sum()
        >>> recorder.note(torch.sum, (weight,), {}, loss)
        >>> recorder.tape(loss, None).value
        2.0
    """

    def __init__(self) -> None:
        self.counter = itertools.count()
        self.n_pages = FULL_PAGES
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.page, self.last = Page(), Page()
        self.broken = False

    def pause(self) -> None:
        """Hear that what comes is not written down for a while."""
        self.forget()
        self.n_pages = 0

    def turn(self) -> None:
        """Hear that a step was taken: begin a page, and keep the one that ended."""
        self.page, self.last = Page(), self.page
        self.n_pages += 1
        if self.broken:
            self.forget()

    @property
    def operations(self) -> list[Operation]:
        """Since the last step."""
        return self.page.operations

    def knows(self, tensor: Tensor) -> bool:
        """Whether the tensor was computed since the last step."""
        return id(tensor) in self.page.numbers

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
        results = [result] if isinstance(result, Tensor) else tree_flatten(result)[0]
        if not is_module and not self._matters(function, tensors_of(args, kwargs), results):
            return
        leaves, spec = tree_flatten((args, kwargs))
        self.page.n_calls += is_module
        if len(self.operations) >= MOST_OPERATIONS or self.page.n_calls > MOST_CALLS:
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

    def _matters(self, function: Callable[..., Any], tensors: list[Tensor], results: list[Any]) -> bool:
        """Whether a function works on what a network gave or on what learns, and gives a tensor."""
        new = any(self.knows(one) or _learns(one) for one in tensors)
        if not new and not any(self._leads_back(one) for one in tensors):
            return False
        found = [one for one in results if isinstance(one, Tensor)]
        if any(_learns(one) for one in found):
            return False  # first weights are drawn, or moved by hand
        if not new and not any(one.requires_grad for one in found):
            return False  # what was cut off from the last step is a constant of this one
        return bool(found) or writes(getattr(function, "__name__", ""))

    def _leads_back(self, tensor: Tensor) -> bool:
        """Whether a tensor of the page before still has its graph."""
        return id(tensor) in self.last.numbers and tensor.requires_grad

    def tape(self, loss: Tensor, line: Line | None, step: int = 0) -> Tape | None:
        """Return what led to this loss, or None where that is not known.

        Args:
            loss: that is differentiated.
            line: where.
            step: of the optimizer.
        """
        number = self.page.numbers.get(id(loss))
        began_within = self.page.unknown and self.n_pages < FULL_PAGES
        if self.broken or number is None or began_within:
            return None
        value = float(loss.detach().sum())
        operations = needed([*self.last.operations, *self.operations], number)
        if self._again(operations):
            operations = needed([self._cut(one) for one in self.operations], number)
        places = {**self.last.constants, **self.page.constants}
        versions = {**self.last.versions, **self.page.versions}
        weights = {**self.last.weights, **self.page.weights}
        return renumbered(operations, number, value, places, versions, weights, line, step)

    def _again(self, operations: tuple[Operation, ...]) -> bool:
        """Whether a network was called on both pages, as where a state is carried from step to step."""
        old = {id(one) for one in self.last.operations}
        before = {id(one.function) for one in operations if one.is_module and id(one) in old}
        return any(one.is_module and id(one) not in old and id(one.function) in before for one in operations)

    def _cut(self, operation: Operation) -> Operation:
        """The operation, with what the page before computed as constants."""
        leaves = [
            self._outside(self.last.computed[leaf.number])
            if isinstance(leaf, Ref) and leaf.number in self.last.computed
            else leaf
            for leaf in operation.leaves
        ]
        return replace(operation, leaves=tuple(leaves))

    def _symbol(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        if (number := self.page.numbers.get(id(leaf))) is not None:
            return Ref(number)
        if self._leads_back(leaf):
            return Ref(self.last.numbers[id(leaf)])
        if _learns(leaf):
            place = self.page.weight_places.get(id(leaf))
            if place is None:
                place = self.page.weight_places[id(leaf)] = next(self.counter)
                self.page.weights[place] = leaf
            return Weight(place)
        return self._outside(leaf)

    def _outside(self, tensor: Tensor) -> Outside:
        place = self.page.places.get(id(tensor))
        if place is None:
            place = self.page.places[id(tensor)] = next(self.counter)
            self.page.held.append(tensor)
            self.page.unknown |= tensor.requires_grad
            self.page.constants[place] = tensor.detach()
            self.page.versions[place] = version_of(tensor)
        return Outside(place)

    def _number(self, tensor: Tensor) -> int:
        number = self.page.numbers[id(tensor)] = next(self.counter)
        self.page.computed[number] = tensor
        return number


def tensors_of(args: Any, kwargs: Any) -> list[Tensor]:
    """Return the tensors that a function of torch was given, by themselves or nested.

    Args:
        args: as given.
        kwargs: as given.

    Example:
        >>> len(tensors_of((torch.zeros(2), [torch.ones(1), 3]), {}))
        2
    """
    found: list[Tensor] = []
    for one in (*args, *kwargs.values()):
        if isinstance(one, Tensor):
            found.append(one)
        elif isinstance(one, list | tuple | dict):
            _gather(one, found)
    return found


def _gather(nested: list[Any] | tuple[Any, ...] | dict[Any, Any], found: list[Tensor]) -> None:
    parts = nested.values() if isinstance(nested, dict) else nested
    if not isinstance(next(iter(parts), None), int | float | str):  # else it is a long list of numbers
        for one in parts:
            if isinstance(one, Tensor):
                found.append(one)
            elif isinstance(one, list | tuple | dict):
                _gather(one, found)


def _learns(tensor: Tensor) -> bool:
    return tensor.requires_grad and tensor.is_leaf
