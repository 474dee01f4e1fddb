"""Graphs of modules: branches side by side, layers that several steps share, several inputs and outputs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
@dataclass(frozen=True, eq=False, init=False)
class Step:
    """One step of a `FunctionalGraph`: what is called, and with the results of which others.

    Use it in the declaration of a graph. Steps with the same module share its weights.

        result = call(result of the first source, result of the second, ...)

    Args:
        call: a module, or a function such as `torch.add`; only a function with a name can be pickled.
        sources: names of inputs and of other steps.

    Raises:
        InputError: when there is no source.

    Example:
        >>> Step(torch.add, "left", "right").sources
        ('left', 'right')
    """

    call: Callable[..., Any]
    sources: tuple[str, ...]

    def __init__(self, call: Callable[..., Any], *sources: str) -> None:
        if not sources:
            raise InputError("a step must name its sources", repr(sources), "Step(module, 'picture')")
        object.__setattr__(self, "call", call)
        object.__setattr__(self, "sources", sources)


@final
class Concatenate(nn.Module):
    """Puts tensors side by side along one axis.

    Use it as the step of a `FunctionalGraph` in which branches meet.

        y = [x_1; x_2; ...]

    Args:
        dim: the axis.

    Example:
        >>> Concatenate()(torch.zeros(2, 3), torch.zeros(2, 4)).shape
        torch.Size([2, 7])
    """

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat(parts, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


@final
class FunctionalGraph(nn.Module):
    """A network declared as named steps, each of which names the inputs and steps that it takes.

    Use it where `nn.Sequential` ends: branches side by side, layers that several steps share, several inputs,
    several outputs. The steps may stand in any order; each runs once. The weights are called
    `layers.<step>.<weight>`, those of a shared module by the first step that calls it.

        result[step] = call(result[source_1], ..., result[source_n])   for each step after its sources

    It takes the inputs in their order, or one mapping from their names; it gives the one output, or a
    dictionary of several.

    Args:
        inputs: names of what comes in.
        steps: name -> `Step`.
        outputs: names of the steps that go out.

    Raises:
        InputError: when the steps go in a circle; when a name is unknown, stands twice or cannot name a
            module; when an input or a step has no way to an output; in a call, when inputs are missing or
            unknown.

    Example:
        >>> tower = nn.Linear(4, 3)
        >>> graph = FunctionalGraph(
        ...     inputs=("first", "second"),
        ...     steps={
        ...         "seen": Step(tower, "first"),
        ...         "other": Step(tower, "second"),
        ...         "both": Step(Concatenate(), "seen", "other"),
        ...         "same": Step(nn.Linear(6, 1), "both"),
        ...         "distance": Step(nn.PairwiseDistance(), "seen", "other"),
        ...     },
        ...     outputs=("same", "distance"),
        ... )
        >>> answers = graph(torch.zeros(2, 4), torch.ones(2, 4))
        >>> {name: tuple(answer.shape) for name, answer in answers.items()}
        {'same': (2, 1), 'distance': (2,)}
        >>> list(graph.state_dict())
        ['layers.seen.weight', 'layers.seen.bias', 'layers.same.weight', 'layers.same.bias']

    Source:
        Chollet (2019), "The Functional API", https://keras.io/guides/functional_api/.
    """

    def __init__(self, inputs: Sequence[str], steps: Mapping[str, Step], outputs: Sequence[str]) -> None:
        super().__init__()
        self.inputs, self.outputs = _names("inputs", inputs), _names("outputs", outputs)
        _check_names(self.inputs, steps, self.outputs)
        self.order = _sorted(self.inputs, steps)
        _check_ways(self.inputs, steps, self.outputs)
        self.layers = nn.ModuleDict()
        self.functions: dict[str, Callable[..., Any]] = {}
        self.sources = {name: steps[name].sources for name in self.order}
        self.layer_of: dict[str, str] = {}
        first: dict[int, str] = {}
        for name, step in steps.items():
            if isinstance(step.call, nn.Module):
                self.layer_of[name] = first.setdefault(id(step.call), name)
                self.layers[self.layer_of[name]] = step.call
            else:
                self.functions[name] = step.call

    def forward(self, *inputs: Tensor | Mapping[str, Tensor]) -> Any:
        values = self._named(inputs)
        for name in self.order:
            call = self.layers[self.layer_of[name]] if name in self.layer_of else self.functions[name]
            values[name] = call(*[values[source] for source in self.sources[name]])
        if len(self.outputs) == 1:
            return values[self.outputs[0]]
        return {name: values[name] for name in self.outputs}

    def _named(self, inputs: tuple[Tensor | Mapping[str, Tensor], ...]) -> dict[str, Any]:
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            given = dict(inputs[0])
            if set(given) != set(self.inputs):
                came = ", ".join(map(str, given)) or "nothing"
                raise InputError(f"inputs must be {', '.join(self.inputs)}", came, "give each by its name")
            return given
        if len(inputs) != len(self.inputs):
            expected = f"there must be {len(self.inputs)} inputs, {', '.join(self.inputs)}"
            raise InputError(expected, str(len(inputs)), "give them in this order, or one mapping by name")
        return dict(zip(self.inputs, inputs, strict=True))

    def extra_repr(self) -> str:
        ways = [f"{name} <- {', '.join(self.sources[name])}" for name in self.order]
        return "\n".join([f"inputs: {', '.join(self.inputs)}", *ways, f"outputs: {', '.join(self.outputs)}"])


def _names(what: str, names: Sequence[str]) -> tuple[str, ...]:
    listed = (names,) if isinstance(names, str) else tuple(names)
    if not listed or len(set(listed)) != len(listed):
        raise InputError(f"{what} must be names, each once", repr(names), f"such as {what}=('picture',)")
    return listed


def _check_names(inputs: tuple[str, ...], steps: Mapping[str, Step], outputs: tuple[str, ...]) -> None:
    for name, step in steps.items():
        if not isinstance(step, Step):
            raise InputError(f"the step {name!r} must be a Step", type(step).__name__, "Step(module, source)")
        if not name or "." in name or hasattr(nn.ModuleDict, name):
            raise InputError("a step's name must be free to name a module", repr(name), "choose another")
        if name in inputs:
            raise InputError("a name must stand once", f"{name!r} for an input and a step", "rename one")
        for source in step.sources:
            _check_known(f"a source of the step {name!r}", source, [*inputs, *steps])
    for name in outputs:
        _check_known("an output", name, list(steps))


def _check_known(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise InputError(f"{what} must be a known name", repr(name), f"known are {', '.join(known)}")


def _sorted(inputs: tuple[str, ...], steps: Mapping[str, Step]) -> tuple[str, ...]:
    """The steps, each after its sources."""
    before = {name: [s for s in step.sources if s not in inputs] for name, step in steps.items()}
    try:
        return tuple(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InputError("steps must not go in a circle", circle, "take one of these sources out") from error


def _check_ways(inputs: tuple[str, ...], steps: Mapping[str, Step], outputs: tuple[str, ...]) -> None:
    used = set(_before(steps, outputs))
    for what, names in (("input", inputs), ("step", tuple(steps))):
        lost = [name for name in names if name not in used]
        if lost:
            came = f"{', '.join(map(repr, lost))} without one"
            raise InputError(f"every {what} must have a way to an output", came, "use it or leave it out")


def _before(steps: Mapping[str, Step], outputs: tuple[str, ...]) -> Iterator[str]:
    """Everything that the outputs need, themselves included."""
    waiting, seen = list(outputs), set(outputs)
    while waiting:
        name = waiting.pop()
        yield name
        fresh = [source for source in (steps[name].sources if name in steps else ()) if source not in seen]
        waiting += dict.fromkeys(fresh)
        seen.update(fresh)
