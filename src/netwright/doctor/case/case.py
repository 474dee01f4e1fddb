"""A case: what one optimizer trains, with its network, task, rows and copies at hand."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.doctor.case.budget import Budget
from netwright.doctor.case.outcome import Outcome
from netwright.doctor.case.rows import Rows
from netwright.doctor.case.task import LossCall, Task, loss_calls
from netwright.doctor.observe.copying import Copies, copy_networks
from netwright.doctor.observe.facts import Evaluation, Facts, Trainee
from netwright.doctor.observe.operation import Operation
from netwright.doctor.observe.tape import Played, Tape, needed, play


@dataclass
class Case:
    """One training, ready to be judged. Nothing in it may be changed; trials take `start()` or `end()`.

    Args:
        facts: of the whole run.
        trainee: whose training it is.
        tapes: of its steps, those whose rows are as they were.
        network: the largest one that it calls and that learns; None where weights stand by themselves.
        name: of the variable that holds the network.
        call: of the network, on the first tape.
        task: what the loss asks for.
        loss: torch's loss function on the first tape, None where it is written out.
        prediction: number of what the loss judges, on the first tape.
        target_place: of the target among the constants of each tape; None without.
        input_places: of what enters the network, alike.
        train: rows of the tapes.
        held_out: rows of the last evaluation that are not in `train`; None without.
        budget: for everything that takes time.
        validation: the evaluation from which `held_out` comes.
        outcome: the network beside references, where that was looked at.
        final: copies of the end, made when first asked for.
        tried: trials as plain values, in order; None where the training is so well that none was wanted.
    """

    facts: Facts
    trainee: Trainee
    tapes: list[Tape]
    network: nn.Module | None
    name: str
    call: Operation | None
    task: Task
    loss: LossCall | None
    prediction: int | None
    target_place: int | None
    input_places: tuple[int, ...]
    train: Rows | None
    held_out: Rows | None
    budget: Budget
    validation: Evaluation | None = None
    outcome: Outcome | None = None
    final: Copies | None = None
    tried: list[dict[str, Any]] | None = None

    @property
    def tape(self) -> Tape:
        """The first tape."""
        return self.tapes[0]

    def note_trial(
        self, kind: str, change: str, steps: int, before: float | None = None, after: tuple[float, ...] = ()
    ) -> None:
        """Keep what was tried, as plain values.

        Args:
            kind: that it would prove; "" for the program's own way.
            change: in words.
            steps: of each repeat.
            before: loss at first; None where none was measured.
            after: loss at the end, of each repeat.
        """
        trial = {"kind": kind, "change": change, "steps": steps, "before": before, "after": list(after)}
        self.tried = [*(self.tried or []), trial]

    @cached_property
    def names(self) -> dict[int, str]:
        """Id of each parameter and module of the networks on the tapes -> its name, such as
        model.0.weight.
        """
        found: dict[int, str] = {}
        for module in self.modules:
            prefix = self.facts.names.get(id(module), type(module).__name__)
            for name, part in module.named_modules():
                found.setdefault(id(part), f"{prefix}.{name}" if name else prefix)
            for name, parameter in module.named_parameters():
                found.setdefault(id(parameter), f"{prefix}.{name}")
        return found

    @cached_property
    def modules(self) -> list[nn.Module]:
        """Networks that are called on the tapes, each once."""
        found: dict[int, nn.Module] = {}
        for tape in self.tapes:
            for module in tape.modules:
                found.setdefault(id(module), module)
        return list(found.values())

    @cached_property
    def targets(self) -> Tensor | None:
        """All targets of the steps that were written down, one after the other; None without."""
        place = self.target_place
        if place is None:
            return None
        found = [one.constants[place] for one in self.tapes if place < len(one.constants)]
        alike = [one for one in found if one.ndim and one.shape[1:] == found[0].shape[1:]]
        return torch.cat(alike) if alike else None

    def start(self) -> Copies | None:
        """Return copies as everything was before the first step; None where copies could not be made."""
        initial, weights = self.facts.initial, self.facts.initial_weights
        loose = {id(one) for tape in self.tapes for one in tape.weights}
        if any(id(one) not in initial for one in self.modules) or not loose <= weights.keys():
            return None
        modules = {id(one): initial[id(one)][1] for one in self.modules}
        return Copies(modules, {key: weights[key][1] for key in loose}).again()

    def end(self) -> Copies | None:
        """Return copies as everything is after the last step; None where copies cannot be made."""
        if self.final is None:
            weights = {id(one): one for tape in self.tapes for one in tape.weights}
            try:
                self.final = copy_networks(self.modules, weights.values())
            except Exception:  # whatever a network's own __deepcopy__ raises
                return None
        return self.final.again()

    def run(self, tape: Tape, copies: Copies) -> Played:
        """Compute a step's loss on copies.

        Args:
            tape: one of `tapes`.
            copies: of `start` or `end`.
        """
        return play(tape, copies.modules, copies.weights)

    def predict(self, copies: Copies, rows: Rows, training: bool = False) -> Tensor | None:
        """Return what the loss would judge for these rows; None where that cannot be computed.

        Args:
            copies: of `start` or `end`.
            rows: as the network takes them.
            training: mode of the networks.
        """
        if self.prediction is None or not self.input_places:
            return None
        part = needed(self.tape.operations, self.prediction)
        short = Tape(part, self.prediction, 0.0, self.tape.constants, self.tape.weights)
        given = dict(zip(self.input_places, (rows.inputs, *rows.others), strict=False))
        for place in self.call.entries(targets=True) if self.call is not None else ():
            told = self.tape.constants[place]  # of a loss that nobody asks for; as many rows as there are
            given[place] = told[torch.arange(len(rows)) % len(told)] if told.ndim else told
        for module in copies.modules.values():
            module.train(training)
        try:
            with torch.no_grad(), torch.random.fork_rng():
                torch.manual_seed(0)  # two answers then differ by their rows alone
                return play(short, copies.modules, copies.weights, given).loss
        except Exception:  # a step whose shapes are written into the program cannot take other rows
            return None

    def losses(self, prediction: Tensor, target: Tensor) -> Tensor | None:
        """Return the loss of each row; None where the loss is not known by its function.

        Cross-entropy, binary cross-entropy or squared error, by the task; torch's own where it was used.

        Args:
            prediction: (rows, ...), as it enters the loss.
            target: (rows, ...).
        """
        kind = self.task.kind
        if len(prediction) != len(target) or kind == "unknown":
            return None
        if kind == "classes":
            scores = prediction if self.task.loss == "nll_loss" else prediction.log_softmax(1)
            if target.is_floating_point() and target.shape == scores.shape:
                each = -(target * scores).sum(1)
            else:
                ignore = -100 if self.task.ignore is None else self.task.ignore
                target = target[:, 0] if target.shape == (len(scores), 1) else target
                each = F.nll_loss(scores, target.long(), ignore_index=ignore, reduction="none")
        elif kind == "binary":
            wanted = target.to(prediction.dtype).reshape(prediction.shape)
            if self.task.loss == "binary_cross_entropy":
                each = F.binary_cross_entropy(prediction.clamp(0, 1), wanted, reduction="none")
            else:
                each = F.binary_cross_entropy_with_logits(prediction, wanted, reduction="none")
        else:
            each = (prediction - target.to(prediction.dtype).reshape(prediction.shape)).square()
        return each.flatten(1).mean(1) if each.ndim > 1 else each

    def set_modes(self, copies: Copies) -> None:
        """Put copies, part by part, into the modes in which the program trains.

        Args:
            copies: of `start` or `end`.
        """
        for operation in self.tape.calls:
            copy = copies.modules[id(operation.function)]
            entry = self.facts.initial.get(id(operation.function))
            if entry is None or entry[1].training != bool(operation.training):
                copy.train(bool(operation.training))
                continue
            for part, first in zip(copy.modules(), entry[1].modules(), strict=False):
                part.training = first.training

    def played(self, copies: Copies, most: int = 4) -> list[tuple[Tape, Played]]:
        """Compute the first steps on copies, in the mode in which the program trains, without a gradient.

        Args:
            copies: of `start` or `end`.
            most: steps.
        """
        self.set_modes(copies)
        with torch.no_grad():
            return [(tape, self.run(tape, copies)) for tape in self.tapes[:most]]

    def judged(
        self, copies: Copies, most: int = 4, call: LossCall | None = None
    ) -> list[tuple[Tensor, Tensor | None]]:
        """Return what the loss judges in the first steps, with its target.

        Args:
            copies: of `start` or `end`.
            most: steps.
            call: one of several losses on the tape; None for the loss of the case.
        """
        number = self.prediction if call is None else call.prediction
        place = self.target_place if call is None else call.target
        if number is None:
            return []
        found = []
        for tape, played in self.played(copies, most):
            value = played.values.get(number)
            if isinstance(value, Tensor):
                target = tape.constants[place] if place is not None and place < len(tape.constants) else None
                found.append((value.detach(), target))
        return found

    def loss_calls(self, *names: str) -> list[LossCall]:
        """Return the losses of torch on the first tape that have one of these names and judge something.

        Args:
            names: of functions.
        """
        found = [self.loss] if self.loss is not None and self.loss.name in names else []
        known = {id(one.operation) for one in found}
        others = [one for one in loss_calls(self.tape) if one.name in names]
        found += [one for one in others if id(one.operation) not in known]
        return [one for one in found if one.prediction is not None]
