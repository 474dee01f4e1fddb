"""Trials: training a copy for a few steps on the same batches, with one thing changed."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import Optimizer

from netwright.doctor.case.case import Case
from netwright.doctor.case.penalties import penalties
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.tape import Tape, play

BATCHES_JUDGED = 8
"""Of which the loss before and after a trial is the mean."""


@dataclass(frozen=True)
class Change:
    """What a trial does otherwise than the program.

    Args:
        rate: factor on all learning rates, which go as the program's did, its schedule shortened to the steps
            of the trial; from the end on they stay what they were last.
        fixed: a learning rate in place of the schedule.
        optimizer: (parameters, program's settings) -> another optimizer; None for the program's own.
        settings: of the optimizer, by name, in place of the program's.
        clip: largest norm of the gradients; None for the program's own, infinity for none.
        prepare: changes the copies before the first step, for instance their first weights.
        inputs: (tensor that enters a network) -> what enters instead.
        training: mode of the networks; None for the mode in which the program called each.
        same_batch: whether all steps take the first batch.
        rows: of each batch that are taken, from its beginning; None for all.
        loss: (loss of the program) -> what is made smaller.
        targets: (target) -> what stands in its place; losses are then not those of the program.
        from_end: whether it goes on where the program ended, rather than where it began.
        judged: (what the loss judges) -> what it is given instead.
        without: numbers of terms that are left out of the loss.

    Example:
        >>> Change(rate=0.1).rate
        0.1
    """

    rate: float = 1.0
    fixed: float | None = None
    optimizer: Callable[[list[Tensor], dict[str, Any]], Optimizer] | None = None
    settings: dict[str, Any] | None = None
    clip: float | None = None
    prepare: Callable[[Copies], None] | None = None
    inputs: Callable[[Tensor], Tensor] | None = None
    training: bool | None = None
    same_batch: bool = False
    rows: int | None = None
    loss: Callable[[Tensor], Tensor] | None = None
    targets: Callable[[Tensor], Tensor] | None = None
    from_end: bool = False
    judged: Callable[[Tensor], Tensor] | None = None
    without: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Trial:
    """The losses of a trial.

    Args:
        losses: of each step, before it.
        after: mean loss over the batches of the trial when it had ended; NaN where it broke.
        before: the same before the first step.
        copies: as they ended.

    Example:
        >>> Trial([2.0, 1.0], 0.5, 2.0, None).progress
        1.5
    """

    losses: list[float]
    after: float
    before: float
    copies: Copies | None

    @property
    def progress(self) -> float:
        """By how much the loss fell; minus infinity where it broke."""
        fell = self.before - self.after
        return fell if math.isfinite(fell) else -math.inf


def train(case: Case, change: Change, steps: int, seed: int = 0, shift: int = 0) -> Trial | None:
    """Train a copy of the beginning on the program's batches.

    Args:
        case: whose.
        change: what is done otherwise.
        steps: at most; the batches come again from the first where there are fewer.
        seed: of all that is drawn.
        shift: number of the first batch, so that repeats take other orders.

    Returns:
        None where the network cannot be copied.
    """
    copies = case.end() if change.from_end else case.start()
    if copies is None:
        return None
    if change.prepare is not None:
        change.prepare(copies)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _train(case, change, copies, steps, shift)


def _train(case: Case, change: Change, copies: Copies, steps: int, shift: int) -> Trial | None:
    _set_modes(case, copies, change.training)
    optimizer = make_optimizer(case, copies, change)
    batches = Batches(case, change, copies, shift)
    clip = case.trainee.clip if change.clip is None else change.clip
    losses: list[float] = []
    try:
        before = batches.mean_loss()
        while len(losses) < steps and (not losses or math.isfinite(losses[-1])):
            _set_rates(case, change, optimizer, len(losses) / steps)
            losses.append(_step(optimizer, copies, partial(batches.loss, len(losses)), clip))
        after = batches.mean_loss() if math.isfinite(losses[-1]) else math.nan
    except Exception:  # the program's own operations, with other numbers than they were written for
        return None
    return Trial(losses, after, before, copies)


def _set_rates(case: Case, change: Change, optimizer: Optimizer, share: float) -> None:
    """Let the rates be what they were after that share of the program's own steps, but for the change."""
    history = [one for one in case.trainee.history.learning_rate if math.isfinite(one)]
    facts = case.trainee.optimizer
    if facts is None or change.optimizer is not None or (not history and change.fixed is None):
        return
    first = float(facts.groups[0].get("lr", 0.0))
    rate = change.fixed
    if rate is None:
        rate = change.rate * history[-1 if change.from_end else int(share * len(history))]
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"] if first > 0 and "share" in group else rate


class Batches:
    """The program's batches as a trial takes them, and the losses of copies on them.

    Args:
        case: whose.
        change: of the trial.
        copies: that learn.
        shift: number of the first batch.
    """

    def __init__(self, case: Case, change: Change, copies: Copies, shift: int) -> None:
        self.case, self.change, self.copies, self.shift = case, change, copies, shift
        self.tapes = [case.tape] if change.same_batch else case.tapes
        self.enter = _entering(change)
        self.penalties = penalties(case.tape)

    def loss(self, number: int, measured: bool = False) -> Tensor:
        """Return the loss of one batch.

        Args:
            number: of the batch.
            measured: whether penalties of the weights are left out, so that trials can be compared.
        """
        tape, change = self.tapes[(number + self.shift) % len(self.tapes)], self.change
        other = _shortened(self.case, tape, change.rows)
        if change.inputs is not None and self.case.call is None:
            other |= {place: change.inputs(tape.constants[place]) for place in self.case.input_places}
        if change.targets is not None and self.case.target_place is not None:
            other |= {self.case.target_place: change.targets(tape.constants[self.case.target_place])}
        silent = self.penalties if measured else change.without
        through: dict[int, Callable[[Tensor], Tensor]] = dict.fromkeys(silent, torch.zeros_like)
        if change.judged is not None and self.case.prediction is not None:
            through[self.case.prediction] = change.judged
        copies = self.copies
        played = play(tape, copies.modules, copies.weights, other, None, self.enter, through)
        loss = played.loss
        loss = loss.sum() if loss.ndim else loss
        return loss if change.loss is None else change.loss(loss)

    def mean_loss(self) -> float:
        """Over the first batches, without dropout and without penalties of the weights."""
        n_batches = min(len(self.tapes), BATCHES_JUDGED)
        parts = [part for module in self.copies.modules.values() for part in module.modules()]
        hiding = [part for part in parts if is_dropout(part) and part.training]
        for part in hiding:
            part.eval()
        with torch.no_grad():
            mean = sum(float(self.loss(number, measured=True)) for number in range(n_batches)) / n_batches
        for part in hiding:
            part.train()
        return mean


def _shortened(case: Case, tape: Tape, rows: int | None) -> dict[int, Tensor]:
    """The first rows of all that came from outside and has one entry for each row."""
    if rows is None or not case.input_places:
        return {}
    n_rows = len(tape.constants[case.input_places[0]])
    return {
        place: one[:rows]
        for place, one in enumerate(tape.constants)
        if one.ndim and len(one) == n_rows > rows
    }


def is_dropout(module: nn.Module) -> bool:
    """Return whether a layer hides values at random.

    Args:
        module: one layer.

    Example:
        >>> is_dropout(nn.Dropout(0.5)), is_dropout(nn.Linear(1, 1))
        (True, False)
    """
    return isinstance(module, _DropoutNd)


def _set_modes(case: Case, copies: Copies, training: bool | None) -> None:
    case.set_modes(copies)
    if training is not None:
        for operation in case.tape.calls:
            copies.modules[id(operation.function)].train(training)


def _step(optimizer: Optimizer, copies: Copies, loss_of: Callable[[], Tensor], clip: float | None) -> float:
    def closure() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
        if clip is not None and math.isfinite(clip):
            nn.utils.clip_grad_norm_([one for one in copies.parameters() if one.grad is not None], clip)
        return loss

    if isinstance(optimizer, torch.optim.LBFGS):
        return float(optimizer.step(closure))  # type: ignore[no-untyped-call]
    loss = closure()
    optimizer.step()
    return float(loss.detach())


def make_optimizer(case: Case, copies: Copies, change: Change) -> Optimizer:
    """Return an optimizer over the copies, set as the program's own, but for the change.

    Args:
        case: whose.
        copies: that learn.
        change: what is done otherwise.
    """
    facts = case.trainee.optimizer
    if facts is None or change.optimizer is not None:
        make = change.optimizer or (lambda parameters, _: torch.optim.SGD(parameters, lr=0.01))
        return make(copies.parameters(), facts.groups[0] if facts else {})
    twins = _twins(case, copies)
    groups = []
    for group, settings in zip(facts.optimizer.param_groups, facts.groups, strict=False):
        mine = [twins[id(one)] for one in group["params"] if id(one) in twins]
        changed = {**settings, **(change.settings or {})}
        changed["lr"] = float(settings.get("lr", 1e-3)) * change.rate
        changed["share"] = float(settings.get("lr", 1e-3)) / (float(facts.groups[0].get("lr", 1e-3)) or 1.0)
        changed.pop("initial_lr", None)
        groups.append({**changed, "params": mine})
    groups = [group for group in groups if group["params"]]
    if not groups:
        return torch.optim.SGD(copies.parameters(), lr=0.01)
    kind = type(facts.optimizer)
    return kind(groups, lr=groups[0]["lr"])  # type: ignore[call-arg]


def _twins(case: Case, copies: Copies) -> dict[int, Tensor]:
    """Id of each of the program's parameters -> its copy."""
    found: dict[int, Tensor] = dict(copies.weights)
    for module in case.modules:
        twin = copies.modules[id(module)]
        for one, other in zip(module.parameters(), twin.parameters(), strict=False):
            found[id(one)] = other
    return found


def _entering(change: Change) -> Callable[[nn.Module, list[Any]], list[Any]] | None:
    if change.inputs is None:
        return None
    change_inputs = change.inputs

    def enter(_: nn.Module, leaves: list[Any]) -> list[Any]:
        return [
            change_inputs(leaf) if isinstance(leaf, Tensor) and leaf.is_floating_point() else leaf
            for leaf in leaves
        ]

    return enter
