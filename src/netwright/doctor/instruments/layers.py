"""A layer of one's own put to the test: its gradient, its rows, its modes, its axes."""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.doctor.instruments.gradients import compare_gradients, first_tensor

PRIMES = (5, 7, 11, 13, 17, 19, 23)


@dataclass(frozen=True)
class LayerFault:
    """What is wrong with a layer.

    Args:
        kind: "wrong gradient", "rows mixed" or "mode ignored".
        message: one sentence with the number that shows it.

    Example:
        >>> LayerFault("rows mixed", "A row moves by 3 % with its neighbours.").kind
        'rows mixed'
    """

    kind: Literal["wrong gradient", "rows mixed", "mode ignored"]
    message: str


def examine_layer(layer: nn.Module, *inputs: Tensor) -> list[LayerFault]:
    """Look for the three faults that layers of one's own have most often.

    The gradient of its backward pass must be that of its forward pass; in evaluation mode a row's answer
    must not depend on the other rows of the batch, and two answers to the same rows must be the same, with
    no buffer moved. What a layer means to do, such as sharing something between rows, is yours to judge.
    The layer itself stays as it is.

    Args:
        layer: to be examined; it works on a copy.
        inputs: tensors of at least two rows, as it takes them.

    Raises:
        InputError: when there is no input, or fewer than two rows.

    Example:
        >>> examine_layer(nn.Linear(3, 2), torch.randn(4, 3))
        []
        >>> class Noisy(nn.Module):
        ...     def forward(self, x):
        ...         return nn.functional.dropout(x)  # self.training is forgotten
        >>> [fault.kind for fault in examine_layer(Noisy(), torch.randn(4, 3))]
        ['mode ignored']

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    if not inputs or not inputs[0].ndim or len(inputs[0]) < 2:
        raise InputError("inputs must have at least 2 rows", _shape(inputs), "give a small batch")
    twin = copy.deepcopy(layer).eval()
    found = [*_mode_fault(twin, inputs)]
    if not found:  # an answer that moves by itself says nothing of gradients and rows
        found += [*_gradient_fault(twin, inputs), *_row_fault(twin, inputs)]
    return found


def _shape(inputs: tuple[Tensor, ...]) -> str:
    return str(tuple(inputs[0].shape)) if inputs else "none"


def _gradient_fault(layer: nn.Module, inputs: tuple[Tensor, ...]) -> list[LayerFault]:
    told = compare_gradients(layer, *inputs)
    if told.relative_error < 1e-4:  # between this and 1e-6 lie kinks that a difference has stepped over
        return []
    name = max(told.errors, key=lambda one: told.errors[one])
    said = f"The gradient of {name} is off by {100 * told.relative_error:.3g} % of its length."
    return [LayerFault("wrong gradient", said)]


def _row_fault(layer: nn.Module, inputs: tuple[Tensor, ...]) -> list[LayerFault]:
    """Move all rows but the first, then all but the last."""
    n_rows, moved = len(inputs[0]), 0.0
    with torch.no_grad():
        whole = first_tensor(layer(*inputs))
        if not whole.ndim or len(whole) != n_rows:
            return [LayerFault("rows mixed", f"{n_rows} rows give an answer of {tuple(whole.shape)}.")]
        for kept in (0, n_rows - 1):
            changed = [_others_moved(one, kept, n_rows) for one in inputs]
            moved = max(moved, float((first_tensor(layer(*changed))[kept] - whole[kept]).abs().max()))
    share = moved / max(float(whole.abs().max()), 1e-12)
    if share <= 1e-4:
        return []
    said = f"The answer to a row moves by {100 * share:.3g} % when the other rows of its batch change."
    return [LayerFault("rows mixed", said)]


def _others_moved(one: Tensor, kept: int, n_rows: int) -> Tensor:
    if not one.is_floating_point() or not one.ndim or len(one) != n_rows:
        return one
    changed = 1.5 * one.flip(0) + 0.1
    changed[kept] = one[kept]
    return changed


def _mode_fault(layer: nn.Module, inputs: tuple[Tensor, ...]) -> list[LayerFault]:
    buffers = {name: one.clone() for name, one in layer.named_buffers()}
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        first, second = (first_tensor(layer(*inputs)) for _ in range(2))
    wandering = [name for name, one in layer.named_buffers() if not torch.equal(one, buffers[name])]
    if wandering:
        said = f"In evaluation mode a call changes the buffer {wandering[0]}."
        return [LayerFault("mode ignored", said)]
    if torch.equal(first, second):
        return []
    gap = float((first - second).abs().mean() / first.abs().mean().clamp(min=1e-12))
    said = f"In evaluation mode two answers to the same rows differ by {100 * gap:.3g} %."
    return [LayerFault("mode ignored", said)]


@dataclass(frozen=True)
class AxesTest:
    """What a layer did when each of its axes had a length of its own.

    Args:
        sizes: length of each axis, by name.
        expected: shape of the answer by the axes' names.
        got: shape that came, None where it raised.
        error: what it raised, "" where it did not.

    Example:
        >>> AxesTest({"batch": 5, "classes": 7}, (5, 7), (7, 5), "").holds
        False
    """

    sizes: dict[str, int]
    expected: tuple[int, ...]
    got: tuple[int, ...] | None
    error: str

    @property
    def holds(self) -> bool:
        """Whether the answer came and has the shape that its axes say."""
        return self.got == self.expected


def examine_axes(build: Callable[..., nn.Module], inputs: str, outputs: str) -> AxesTest:
    """Build a layer with a different prime for every axis, and call it once.

    Use it on code that works with sizes such as (64, 64, 64): with equal sizes a transposed axis, a wrong
    reshape or a silent broadcast goes unseen; with primes, of which none divides another, each of them
    raises or shows in the shape of the answer.

    Args:
        build: takes sizes by the names of the axes, and returns the layer; it is given those it names.
        inputs: names of the input's axes, such as "batch time features".
        outputs: names of the answer's axes, such as "batch classes".

    Raises:
        InputError: when there are more names than primes at hand (7).

    Example:
        >>> def build(features, classes):
        ...     return nn.Linear(features, classes)
        >>> examine_axes(build, "batch features", "batch classes").holds
        True
        >>> def swapped(features, classes):
        ...     return nn.Linear(classes, features)
        >>> examine_axes(swapped, "batch features", "batch classes").error.split()[0]
        'RuntimeError:'

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    names = list(dict.fromkeys([*inputs.split(), *outputs.split(), *_asked(build)]))
    if len(names) > len(PRIMES):
        raise InputError(f"at most {len(PRIMES)} axes", str(len(names)), "leave some out")
    sizes = dict(zip(names, PRIMES, strict=False))
    expected = tuple(sizes[name] for name in outputs.split())
    rows = torch.randn([sizes[name] for name in inputs.split()], generator=torch.Generator().manual_seed(0))
    try:
        layer = build(**{name: sizes[name] for name in _asked(build)}).eval()
        with torch.no_grad():
            got = tuple(first_tensor(layer(rows)).shape)
    except Exception as error:  # whatever a layer that mixes up its axes raises
        return AxesTest(sizes, expected, None, f"{type(error).__name__}: {error}")
    return AxesTest(sizes, expected, got, "")


def _asked(build: Callable[..., nn.Module]) -> list[str]:
    """The names of the sizes that a builder cannot do without."""
    parameters = inspect.signature(build).parameters.values()
    return [one.name for one in parameters if one.default is inspect.Parameter.empty]
