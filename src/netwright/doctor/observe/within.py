"""Losses that a network computes itself: what leads from its answer to the loss inside of one call."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_flatten

from netwright.doctor.observe.recorder import Recorder

FIRST_CALLS = 8
"""That are heard whether or not they compute a loss."""
MOST_FUNCTIONS = 64
"""The last ones of a call, among which those between answer and loss have to be."""


@dataclass(frozen=True)
class Heard:
    """A function of torch inside of a call.

    Args:
        function: itself.
        args: as given.
        kwargs: as given.
        result: of the function.
    """

    function: Callable[..., Any]
    args: Any
    kwargs: Any
    result: Any

    @property
    def tensors(self) -> list[Tensor]:
        """What it took."""
        return _tensors((self.args, self.kwargs))


class Within:
    """The last functions inside of the call of a network that is at work.

    Example:
        >>> Within().functions
        deque([], maxlen=64)
    """

    def __init__(self) -> None:
        self.functions: deque[Heard] = deque(maxlen=MOST_FUNCTIONS)
        self.n_calls, self.found = 0, False

    @property
    def wanted(self) -> bool:
        """Whether the inside of a call is worth hearing: at first, and where losses are computed there."""
        return self.found or self.n_calls < FIRST_CALLS

    def hear(self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
        """Hear of a function inside of the call.

        Args:
            function: of torch.
            args: as given.
            kwargs: as given.
            result: of the function.
        """
        self.functions.append(Heard(function, args, kwargs or {}, result))

    def write(self, recorder: Recorder, told: Any, answer: Any) -> None:
        """Write the loss of a network behind its call on the tape, where the call gave one.

        As if the program had computed it from the network's answer itself. Arguments of the call from which
        the loss takes its targets are marked.

        Args:
            recorder: that has noted the call last.
            told: arguments of the call.
            answer: of the network.
        """
        outputs = _tensors(answer)
        loss = next((one for one in outputs if not one.ndim and one.requires_grad), None)
        chain = None if loss is None else self._chain(loss, [one for one in outputs if one is not loss])
        self.n_calls += 1
        self.found |= bool(chain)
        if chain:
            entered = _tensors(told)
            targets = self._sources([one for heard in chain for one in heard.tensors], entered)
            if len(targets) < len(entered):
                recorder.operations[-1] = replace(recorder.operations[-1], targets=targets)
            for heard in chain:
                recorder.note(
                    heard.function, heard.args, heard.kwargs, heard.result, recorder.operations[-1].line
                )
        self.functions.clear()

    def _chain(self, loss: Tensor, answers: list[Tensor]) -> list[Heard]:
        """The functions between answers and loss; none where it does not come from answers alone."""
        known, wanted = {id(one) for one in answers}, {id(loss)}
        chain: list[Heard] = []
        for heard in reversed(self.functions):
            if wanted.isdisjoint(id(one) for one in _tensors(heard.result)):
                continue
            chain.append(heard)
            wanted -= {id(one) for one in _tensors(heard.result)}
            wanted |= {id(one) for one in heard.tensors if one.requires_grad and id(one) not in known}
        return [] if wanted else chain[::-1]

    def _sources(self, taken: list[Tensor], entered: list[Tensor]) -> tuple[int, ...]:
        """Which tensors that entered the call come to what the loss takes, without the network."""
        wanted = {id(one) for one in taken if not one.requires_grad}
        memory = {one.data_ptr() for one in taken if not one.requires_grad}
        for heard in reversed(self.functions):
            if not wanted.isdisjoint(id(one) for one in _tensors(heard.result)):
                sources = [one for one in heard.tensors if not one.requires_grad]
                wanted |= {id(one) for one in sources}
                memory |= {one.data_ptr() for one in sources}
        return tuple(place for place, one in enumerate(entered) if one.data_ptr() in memory)


def _tensors(values: Any) -> list[Tensor]:
    return [one for one in tree_flatten(values)[0] if isinstance(one, Tensor)]
