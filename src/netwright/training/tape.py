"""A tape of what parts of a network gave until dropout began; later passes are given it again."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

from torch import Tensor, nn

from netwright.training.batches import map_tensors


@final
class Tape:
    """Keeps the answers of parts of a network, in the order of their calls, until `close` is called.

    The first pass records. In each later one, the same calls up to the closing come in the same order, and
    are answered from the tape. Where the network changes what a part gave in place, the tape keeps and gives
    copies.

    Example:
        >>> import torch
        >>> part = nn.Linear(1, 1)
        >>> tape = Tape()
        >>> tape.take(part)
        >>> [torch.equal(answer, part(torch.ones(1))) for answer in tape.passes(part, torch.ones(1), 2)]
        [True, True]
    """

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._marks: list[list[int]] = []
        self._place, self._open, self._recording, self._copying = 0, False, False, False

    def passes(self, network: nn.Module, inputs: Any, n_passes: int) -> Iterator[Any]:
        """Give what the network answers in each pass.

        Args:
            network: whose parts have been taken.
            inputs: the same for all passes.
            n_passes: how many.
        """
        recording, self._copying, own = True, False, False
        inputs = map_tensors(inputs, _counted)
        shown = map_tensors(inputs, Tensor.clone)  # the network may change it in place
        for _ in range(n_passes):
            self._place, self._open, self._recording = 0, True, recording
            if recording:
                self._kept, self._marks = [], []
            before = _versions(shown)
            outputs = network(shown)
            recording = recording and not self._copying and self._is_spoilt()
            self._copying = self._copying or recording
            own = own or _versions(shown) != before
            shown = map_tensors(inputs, Tensor.clone) if own else inputs
            yield outputs
        self._kept, self._open = [], False

    def close(self, *_: Any) -> None:
        """End the tape for this pass: from here on everything is computed."""
        self._open = False

    def take(self, module: nn.Module) -> None:
        """Answer for a module where the tape is open.

        Args:
            module: without dropout in it; its forward is replaced.
        """
        computed = module.forward

        def forward(*given: Any, **named: Any) -> Any:
            return self._once(lambda: computed(*given, **named))

        module.forward = forward

    def take_lead(self, module: nn.Module, lead: Sequence[nn.Module], rest: Sequence[nn.Module]) -> None:
        """Answer for the first parts of a sequence as for one.

        Args:
            module: the sequence; its forward is replaced.
            lead: its first parts, without dropout in them.
            rest: its other parts.
        """

        def forward(x: Any) -> Any:
            y = self._once(lambda: _chain(lead, x))
            return _chain(rest, y)

        module.forward = forward

    def _once(self, compute: Callable[[], Any]) -> Any:
        if not self._open:
            return compute()
        if self._recording:
            answer = compute()
            self._kept.append(map_tensors(answer, Tensor.clone) if self._copying else answer)
            self._marks.append(_versions(answer))
            return answer
        answer = self._kept[self._place]
        self._place += 1
        return map_tensors(answer, Tensor.clone) if self._copying else answer

    def _is_spoilt(self) -> bool:
        """Whether anything on the tape was changed in place after it was kept."""
        return [_versions(kept) for kept in self._kept] != self._marks


def _chain(modules: Sequence[nn.Module], x: Any) -> Any:
    for module in modules:
        x = module(x)
    return x


def _counted(tensor: Tensor) -> Tensor:
    """The tensor, or a copy whose changes in place are counted, as those of inference mode are not."""
    return tensor.clone() if tensor.is_inference() else tensor


def _versions(value: Any) -> list[int]:
    """How often each tensor was changed in place."""
    found: list[int] = []

    def note(tensor: Tensor) -> Tensor:
        found.append(tensor._version)
        return tensor

    map_tensors(value, note)
    return found
