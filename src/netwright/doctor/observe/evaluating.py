"""What the program itself measures: calls of a network that no loss follows, and what meets their answers."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from netwright.doctor.observe.facts import Evaluation, EvaluationCall, Facts
from netwright.doctor.observe.measuring import slip
from netwright.doctor.observe.places import Line
from netwright.doctor.observe.recorder import tensors_of

MOST_FUNCTIONS = 24
"""After a call, among which the target has to turn up."""
JOINS = frozenset({"cat", "concat", "concatenate", "stack", "hstack", "vstack"})
MOST_ROWS = 10_000
MOST_PASSES = 400
MOST_HEARD = 2000
"""Calls by whose first row later ones are known again, so that they need not be listened to."""


class Evaluations:
    """Gathers calls into passes.

    Args:
        facts: to which passes are added.

    Example:
        >>> Evaluations(Facts()).pending
        []
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.pending: list[tuple[int, EvaluationCall]] = []
        self.known: dict[int, Tensor] = {}
        self.met: list[Tensor] = []
        self.listening: EvaluationCall | None = None
        self.n_functions = 0
        self.heard: dict[Any, EvaluationCall] = {}
        self.learns: dict[Line | None, int] = {}
        self.expected: Counter[Line] = Counter()

    def on_call(
        self,
        module: nn.Module,
        args: Any,
        kwargs: Any,
        output: Any,
        step: int,
        batch: tuple[Tensor, ...],
        line: Line | None,
    ) -> None:
        """Hear of a call; whether something is learned from it shows later."""
        self._settle()
        answers = tensors_of((output,), {})
        if not answers:
            return
        answer = next((one for one in answers if one.ndim), answers[0])  # before it a loss may stand
        inputs = tuple(one.detach() for one in tensors_of(args, kwargs))
        call = EvaluationCall(
            module,
            inputs,
            answer.detach(),
            [],
            module.training,
            torch.is_grad_enabled(),
            batch,
            line,
        )
        self.pending.append((step, call))
        if not call.gradients and self._heard_before(call):
            self._release(keep=0)
            return
        self.listening, self.n_functions = call, 0
        self.known = {id(one): one for one in answers}
        if not call.gradients:
            self._release(keep=0)
        elif len(self.pending) > 2 * MOST_ROWS:
            self._release(keep=1)

    def _heard_before(self, call: EvaluationCall) -> bool:
        """Whether the same rows were evaluated on the same line before: what met them then meets them now."""
        call.first = _first_row(call.inputs)
        earlier = self.heard.get(_key(call))
        if earlier is None:
            return False
        call.others, call.slips = list(earlier.others), earlier.slips
        return True

    def expects_learning(self, line: Line | None) -> bool:
        """Whether a call need not be told of, since something was learned from every one on its line.

        Once more calls than usual come before a loss, calls on that line are told of again.

        Args:
            line: of a call in training mode, with gradients.
        """
        if line is None or not self.learns.get(line):
            return False
        if self.expected[line] == self.learns[line]:
            self.learns[line] = self.expected[line] = 0
            return False
        self.expected[line] += 1
        self._settle()
        return True

    def on_function(self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> bool:
        """Hear of a function; returns whether it has heard enough about the last call."""
        if self.listening is None:
            return False
        self.n_functions += 1
        tensors = tensors_of(args, kwargs)
        if any(id(one) in self.known for one in tensors):
            if (found := slip(function, args, kwargs, lambda one: id(one) in self.known)) is not None:
                self.listening.slips.setdefault(*found)
            if getattr(function, "__name__", "") not in JOINS:  # whose parts are answers of other calls
                self.met += [one for one in tensors if one.ndim and id(one) not in self.known]
            given = result if isinstance(result, tuple | list) else (result,)
            self.known.update((id(one), one) for one in given if isinstance(one, Tensor))
        if self.n_functions < MOST_FUNCTIONS:
            return False
        self._settle()
        return True

    def on_backward(self, modules: list[nn.Module] | None) -> None:
        """Hear that a loss is differentiated, to which some of the last calls led.

        Args:
            modules: of the calls that led to it; None where that was not written down.
        """
        self._settle()
        trained = self._trained(modules) if self.pending else set()
        self.expected.clear()
        for place, (step, call) in enumerate(self.pending):
            if place not in trained:
                self._add(step, call)
        lines = Counter(self.pending[place][1].line for place in trained)
        for line, times in lines.items():
            if modules is not None and self.learns.get(line, times):
                self.learns[line] = max(times, self.learns.get(line, 0))
        self.pending.clear()

    def _trained(self, modules: list[nn.Module] | None) -> set[int]:
        """Places of the calls that led to a loss."""
        if modules is None:
            known = {
                place
                for place, (_, call) in enumerate(self.pending)
                if call.training and self.learns.get(call.line)
            }
            return known or (set() if self.expected.total() else {len(self.pending) - 1})
        left, found = Counter(map(id, modules)), set()
        for place, (_, call) in reversed(list(enumerate(self.pending))):
            if left[id(call.module)] > 0:
                left[id(call.module)] -= 1
                found.add(place)
        return found

    def close(self) -> None:
        """Take what is left as evaluation."""
        self._settle()
        self._release(keep=0)

    def _settle(self) -> None:
        """Note which tensors met the answer of the last call."""
        call, self.listening = self.listening, None
        if call is None:
            return
        entered = {tensor.data_ptr() for tensor in call.inputs}
        for other in self.met:
            if other.data_ptr() not in entered and _of_one_length(other, call.output):
                entered.add(other.data_ptr())
                call.others.append(other.detach())
        self.known, self.met = {}, []
        if call.others and not call.gradients and call.first is not None and len(self.heard) < MOST_HEARD:
            self.heard[_key(call)] = call

    def _release(self, keep: int) -> None:
        """Move all but the last calls into passes."""
        n_gone = len(self.pending) - keep
        for step, call in self.pending[:n_gone]:
            self._add(step, call)
        del self.pending[:n_gone]

    def _add(self, step: int, call: EvaluationCall) -> None:
        if call.gradients and call.training:
            self.learns[call.line] = 0
        passes = self.facts.evaluations
        if not passes or passes[-1].step != step:
            if len(passes) > 2:
                for old in passes[-1].calls:
                    old.inputs, old.batch = (), ()
            if len(passes) > MOST_PASSES:
                del passes[1:-1:2]
            passes.append(Evaluation(step))
        current = passes[-1]
        if current.rows < MOST_ROWS:
            call.first = _first_row(call.inputs) if call.first is None else call.first
            current.calls.append(call)
            current.rows += len(call.output) if call.output.ndim else 1


def _key(call: EvaluationCall) -> tuple[Line | None, int | None, int, torch.Size]:
    return call.line, call.first, id(call.module), call.output.shape


def _first_row(inputs: tuple[Tensor, ...]) -> int | None:
    rows = next((one for one in inputs if one.ndim and len(one)), None)
    if rows is None or rows.is_sparse or rows.is_complex():
        return None
    row = rows[0].reshape(-1).cpu().clone(memory_format=torch.contiguous_format)  # else a stride may be 0
    return hash(row.view(torch.uint8).numpy().tobytes())


def _of_one_length(one: Tensor, other: Tensor) -> bool:
    return one.numel() > 0 and (
        one.shape[0] == (other.shape[0] if other.ndim else 1) or one.numel() == other.numel()
    )
