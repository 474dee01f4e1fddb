"""A tape: what one training step computed, from the rows to the loss, so that a copy can compute it again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from netwright.doctor.observe.operation import Operation, Outside, Ref, Weight, writes
from netwright.doctor.observe.places import Line

DISTRIBUTED_LOSSES = frozenset({"cross_entropy", "nll_loss", "gaussian_nll_loss"})


@dataclass
class Tape:
    """What led to one loss that was differentiated.

    Args:
        operations: in order, those alone on which the loss depends.
        loss: the number of the loss.
        value: of the loss, as it was.
        constants: tensors from outside, as they were.
        weights: tensors that learn and were used by themselves.
        line: where the loss was differentiated.
        step: of the optimizer for which it counted, from 0.
    """

    operations: tuple[Operation, ...]
    loss: int
    value: float
    constants: tuple[Tensor, ...]
    weights: tuple[Tensor, ...]
    line: Line | None = None
    step: int = 0
    versions: tuple[int, ...] = ()

    @property
    def calls(self) -> list[Operation]:
        """The calls of networks."""
        return [operation for operation in self.operations if operation.is_module]

    @property
    def called(self) -> list[nn.Module]:
        """The network of each call."""
        return [one.function for one in self.operations if isinstance(one.function, nn.Module)]

    @property
    def modules(self) -> list[nn.Module]:
        """The networks that were called, each once."""
        return list({id(one): one for one in self.called}.values())

    @property
    def intact(self) -> bool:
        """Whether nobody has changed the rows since."""
        return all(
            tensor.is_inference() or tensor._version == version
            for tensor, version in zip(self.constants, self.versions, strict=True)
        )


def version_of(tensor: Tensor) -> int:
    """Return how often a tensor was written into; 0 for those of inference mode, which do not count it.

    Args:
        tensor: any.

    Example:
        >>> version_of(torch.zeros(2).add_(1))
        1
    """
    return 0 if tensor.is_inference() else tensor._version


@dataclass
class Played:
    """What a tape gave when it was run on a copy.

    Args:
        loss: with its graph.
        values: every tensor that was computed, by its number on the tape.
    """

    loss: Tensor
    values: dict[int, Any] = field(default_factory=dict)


def play(
    tape: Tape,
    modules: Mapping[int, nn.Module],
    weights: Mapping[int, Tensor],
    constants: Mapping[int, Tensor] | None = None,
    given: Mapping[int, Tensor] | None = None,
    before_call: Callable[[nn.Module, list[Any]], list[Any]] | None = None,
    through: Mapping[int, Callable[[Tensor], Tensor]] | None = None,
) -> Played:
    """Compute a tape again, on copies.

    Args:
        tape: of a step.
        modules: id of a network on the tape -> the copy to call.
        weights: id of a tensor that learns -> its copy.
        constants: place -> another tensor in place of the constant, for instance other rows.
        given: number -> a tensor in place of what the tape would compute there.
        before_call: (copy, leaves) -> leaves, to change what enters a network.
        through: number -> function through which the tensor there goes on.

    Raises:
        RuntimeError: or whatever else the program's own operations raise.
    """
    outside = _untouchable(tape)
    outside.update(constants or {})
    values: dict[int, Any] = {}
    for operation in tape.operations:
        leaves = [_value(leaf, values, outside, tape.weights, weights) for leaf in operation.leaves]
        function = operation.function
        if operation.is_module:
            function = modules[id(function)]
            if before_call is not None:
                leaves = before_call(function, leaves)
        args, kwargs = tree_unflatten(leaves, operation.spec)
        if operation.is_module and isinstance(kwargs.get("training"), bool):
            mode = modules[id(operation.function)].training
            kwargs["training"] = mode  # of networks that are told it in each call
        with torch.autocast("cpu", operation.autocast or torch.bfloat16, operation.autocast is not None):
            result = function(*args, **kwargs)
        for number, leaf in zip(operation.outputs, tree_flatten(result)[0], strict=False):
            if number is not None:
                value = given[number] if given and number in given else leaf
                values[number] = through[number](value) if through and number in through else value
    return Played(values[tape.loss], values)


def _value(
    leaf: Any,
    values: dict[int, Any],
    outside: dict[int, Tensor],
    own: tuple[Tensor, ...],
    weights: Mapping[int, Tensor],
) -> Any:
    if isinstance(leaf, Ref):
        return values[leaf.number]
    if isinstance(leaf, Outside):
        return outside[leaf.number]
    if isinstance(leaf, Weight):
        return weights[id(own[leaf.number])]
    return leaf


def _untouchable(tape: Tape) -> dict[int, Tensor]:
    """The constants; those that an operation may write into as clones."""
    written = {
        number
        for operation in tape.operations
        if not operation.is_module and writes(operation.name)
        for number in operation.constants()
    }
    return {
        number: tensor.clone() if number in written else tensor
        for number, tensor in enumerate(tape.constants)
    }


def needed(operations: Iterable[Operation], loss: int) -> tuple[Operation, ...]:
    """Return those operations on which a loss depends, in order.

    Args:
        operations: of a step, in order.
        loss: number of the loss.
    """
    wanted, kept = {loss}, []
    for operation in reversed(list(operations)):
        touched = wanted.intersection(number for number in operation.outputs if number is not None)
        if writes(operation.name) and not operation.is_module:
            touched |= wanted.intersection(operation.numbers())
        if touched:
            wanted.update(operation.numbers())
            kept.append(operation)
    return tuple(reversed(kept))


def renumbered(
    operations: tuple[Operation, ...],
    loss: int,
    value: float,
    constants: Mapping[int, Tensor],
    versions: Mapping[int, int],
    weights: Mapping[int, Tensor],
    line: Line | None = None,
    step: int = 0,
) -> Tape:
    """Return a tape with numbers and places in the order of their use.

    What came in between, such as an evaluation, leaves no trace: tapes of equal steps are numbered alike.

    Args:
        operations: on which the loss depends, in order.
        loss: its number.
        value: of the loss.
        constants: place -> tensor from outside.
        versions: place -> how often it had been written into.
        weights: place -> tensor that learns and was used by itself.
        line: where the loss was differentiated.
        step: of the optimizer.
    """
    numbers: dict[int, int] = {}
    places: dict[int, int] = {}
    own: dict[int, int] = {}

    def symbol(leaf: Any) -> Any:
        for kind, known in ((Ref, numbers), (Outside, places), (Weight, own)):
            if isinstance(leaf, kind):
                return kind(known.setdefault(leaf.number, len(known)))
        return leaf

    found = []
    for one in operations:
        leaves = tuple(symbol(leaf) for leaf in one.leaves)
        outputs = tuple(None if n is None else numbers.setdefault(n, len(numbers)) for n in one.outputs)
        found.append(replace(one, leaves=leaves, outputs=outputs))
    return Tape(
        tuple(found),
        numbers[loss],
        value,
        tuple(constants[place] for place in places),
        tuple(weights[place] for place in own),
        line,
        step,
        tuple(versions[place] for place in places),
    )
