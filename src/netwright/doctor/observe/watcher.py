"""The watcher: hears of calls, losses, steps and batches, and keeps the facts of the run."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from netwright.doctor.observe.beginning import keep_beginning
from netwright.doctor.observe.by_hand import ByHand
from netwright.doctor.observe.clearing import Clearing
from netwright.doctor.observe.evaluating import Evaluations
from netwright.doctor.observe.facts import Facts, Failure, OptimizerFacts, Trainee
from netwright.doctor.observe.loading import Loading
from netwright.doctor.observe.mode import FunctionMode, function_line
from netwright.doctor.observe.naming import variable_of
from netwright.doctor.observe.networks import Networks
from netwright.doctor.observe.norms import gradient_norm, loss_value
from netwright.doctor.observe.parts import note_parts
from netwright.doctor.observe.places import Line, user_line
from netwright.doctor.observe.recorder import Recorder, tensors_of
from netwright.doctor.observe.scaling import Scaling
from netwright.doctor.observe.tape import Tape
from netwright.doctor.observe.within import Within

DETAILED_STEPS = 64
"""Of each optimizer, at first; all that they compute is written down."""
DETAIL_EVERY = 50
"""Later, one step of so many."""
MOST_TAPES = 96
GRADIENT_EVERY = 10
MOST_UNSTEPPED = 64
"""Backward passes that are kept while nobody takes a step."""


class Enough(BaseException):
    """Ends a script early because the doctor was asked to; no ordinary `except` catches it."""


class Watcher:
    """Hears of what a program does with torch; `netwright.doctor.observe.doors` tells it.

    Args:
        most_steps: after which the program is ended by `Enough`; None for no limit.
        most_epochs: of the training loader, alike.

    Example:
        >>> Watcher().facts.trainees
        []
    """

    def __init__(self, most_steps: int | None = None, most_epochs: int | None = None) -> None:
        self.facts = Facts()
        self.most_steps, self.most_epochs = most_steps, most_epochs
        self.recorder = Recorder()
        self.mode = FunctionMode(self.on_function, self.on_failure)
        self.evaluations = Evaluations(self.facts)
        self.thread, self.process = threading.get_ident(), os.getpid()
        self.start = time.perf_counter()
        self.inside = 0
        self.off = False
        self.steps = 0
        self.detailed = True
        self.backwards: list[tuple[Tape | None, float]] = []
        self.stepped = self.late = False
        self.last_call: nn.Module | None = None
        self.manual: Trainee | None = None
        self.by_hand = ByHand()
        self.unstepped = 0
        self.called_training: bool | None = None
        self.trainees: dict[int, Trainee] = {}
        self.made: dict[Optimizer, Line | None] = {}
        self.clearing = Clearing()
        self.loading = Loading(self.facts)
        self.clip: float | None = None
        self.networks = Networks()
        self.calling, self.within = False, Within()
        self.scaling = Scaling()

    @property
    def deaf(self) -> bool:
        """Whether events are none of its business: within a network, in another thread, or switched off."""
        return self.off or bool(self.inside) or threading.get_ident() != self.thread

    def begin(self) -> None:
        """Switch functions on."""
        self.mode.switch_on()

    def end(self) -> None:
        """Note how long it took, and listen no more."""
        self.off = True
        self.mode.switch_off()
        self.evaluations.close()
        self.facts.idle = [pair for pair in self.made.items() if id(pair[0]) not in self.trainees]
        self.facts.unstepped = 0 if self.stepped else len(self.backwards) + self.unstepped
        self.facts.seconds = time.perf_counter() - self.start

    def give_up(self, error: Exception) -> None:
        """Listen no more, since something was not understood; what was seen so far is kept.

        Args:
            error: of the watcher's own.
        """
        self.off = True
        self.facts.gave_up = f"{type(error).__name__}: {error}"

    # -- networks and functions

    def on_call(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """Hear that a network was called from outside of any other."""
        self._forget_if_stepped()
        line = user_line(3)
        learning = torch.is_grad_enabled()
        if learning:
            self.last_call, self.called_training = module, module.training
        if id(module) not in self.facts.names:
            self.facts.names[id(module)] = variable_of(module)
        if learning and not self.detailed and module.training and self.evaluations.expects_learning(line):
            self.mode.switch_off()
            return
        if learning and self.detailed:
            self.recorder.note(module, args, kwargs, output, line)
            self.within.write(self.recorder, (args, kwargs), output)
        batch = self.loading.batch_of(args, kwargs)
        self.evaluations.on_call(module, args, kwargs, output, self.steps, batch, line)
        self.mode.turn(on=self.detailed or self.evaluations.listening is not None)

    def on_failure(self, function: Callable[..., Any], args: Any, kwargs: Any, error: Exception) -> None:
        """Hear that a function of torch raised."""
        if not self.off and threading.get_ident() == self.thread:
            name = getattr(function, "__name__", "")
            self.facts.failure = Failure(name, tuple(args), dict(kwargs), str(error), user_line(3))

    def on_function(self, function: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
        """Hear of a function of torch."""
        if self.deaf:
            if self.calling and self.detailed and torch.is_grad_enabled():
                self.within.hear(function, args, kwargs, result)
            return
        self.inside += 1
        try:
            if self.detailed and torch.is_grad_enabled():
                self.recorder.note(function, args, kwargs, result, function_line())
                note_parts(self.facts, function, args, kwargs, result)
            if self.evaluations.on_function(function, args, kwargs, result) and not self.detailed:
                self.mode.switch_off()
        except Exception as error:  # the program goes on as if nobody had watched
            self.give_up(error)
        finally:
            self.inside -= 1

    # -- losses and steps

    def on_backward(self, tensors: Any) -> None:
        """Hear that a loss is about to be differentiated."""
        losses = [self.scaling.undo(one) for one in tensors_of((tensors,), {})]
        if not losses:
            return
        late = self.stepped and self.recorder.knows(losses[0])  # the step came before the backward pass
        if late or self.late:  # and of one whose gradients no step has used, nothing is left
            self.backwards, self.stepped = [], False
        self.late = late
        self._forget_if_stepped()
        cut = losses[0].grad_fn is None and losses[0].numel() == 1
        if (line := user_line(3) if self.detailed or cut else None) is not None:
            self.facts.lines.setdefault("backward", line)
        self._look_for_manual_step()
        if cut:
            self.facts.cut_losses.append(line)
        tape = self.recorder.tape(losses[0], line, self.steps) if self.detailed else None
        self.on_loss(tape, tape.value if tape is not None else loss_value(losses[0]))
        if late:
            self.recorder.forget()

    def on_loss(self, tape: Tape | None, value: float) -> None:
        """Hear of a loss, and of what led to it where that was written down."""
        self._forget_if_stepped()
        if tape is not None:
            keep_beginning(self.facts, tape)
        self.clearing.look()
        self.backwards.append((tape, value))
        self.facts.n_backwards += 1
        self.evaluations.on_backward(None if tape is None else tape.called)
        self.loading.learn()

    def before_step(self, optimizer: Optimizer) -> None:
        """Hear that an optimizer is about to take a step."""
        trainee = self._trainee(optimizer)
        self._check_limits()
        self.clearing.count(optimizer, trainee)
        measured = len(trainee.history) < DETAILED_STEPS or len(trainee.history) % GRADIENT_EVERY == 0
        norm = gradient_norm(optimizer, measured=measured)
        if self.facts.n_backwards and not norm:
            trainee.empty_steps += 1
        trainee.history.gradient.append(float("nan") if norm is None else norm)

    def after_step(self, optimizer: Optimizer) -> None:
        """Hear that an optimizer has taken a step."""
        trainee = self._trainee(optimizer)
        self._add_step(trainee, float(optimizer.param_groups[0].get("lr", float("nan"))))
        self.clearing.mark(optimizer, trainee)

    def _add_step(self, trainee: Trainee, rate: float) -> None:
        history = trainee.history
        if self.detailed:
            trainee.tapes += [tape for tape, _ in self.backwards if tape is not None]
            del trainee.tapes[DETAILED_STEPS : -(MOST_TAPES - DETAILED_STEPS)]
        history.loss.append(sum(value for _, value in self.backwards))
        history.learning_rate.append(rate)
        history.training.append(self.called_training)
        history.seconds.append(time.perf_counter() - self.start)
        history.epoch.append(self.loading.current.starts - 1 if self.loading.current else 0)
        history.backwards.append(len(self.backwards))
        history.loader.append(self.loading.number)
        if self.loading.current is not None and self.loading.current.trained:
            trainee.loader = self.loading.current
        self.steps += 1
        self.stepped, self.late = True, False
        was_detailed = self.detailed
        self.detailed = any(
            len(one.history) < DETAILED_STEPS or len(one.history) % DETAIL_EVERY == 0
            for one in self.facts.trainees[-4:]
            if one is trainee or one.history.seconds[-1:] > history.seconds[:1]
        )
        self.mode.turn(on=self.detailed)
        if was_detailed and not self.detailed:
            self.recorder.pause()

    def on_made(self, optimizer: Optimizer) -> None:
        """Hear that an optimizer was made."""
        self.made[optimizer] = user_line(3)
        self.facts.n_optimizers += 1

    def on_clip(self, largest: float) -> None:
        """Hear that gradients are cut to a norm."""
        self.clip = largest
        for trainee in self.trainees.values():
            trainee.clip = largest

    def _trainee(self, optimizer: Optimizer) -> Trainee:
        trainee = self.trainees.get(id(optimizer))
        if trainee is None:
            groups = [
                {name: value for name, value in group.items() if name != "params"}
                for group in optimizer.param_groups
            ]
            facts = OptimizerFacts(optimizer, groups, self.made.get(optimizer), user_line(4))
            trainee = self.trainees[id(optimizer)] = Trainee(facts, clip=self.clip)
            self.facts.trainees.append(trainee)
        return trainee

    def _forget_if_stepped(self) -> None:
        if self.stepped:
            self.backwards, self.stepped = [], False
            if self.detailed:
                self.recorder.turn()

    def _look_for_manual_step(self) -> None:
        """Take it as a step when weights moved between two backward passes and no optimizer did it."""
        if self.by_hand.moved and self.backwards and not self.stepped:
            if self.manual is None:
                self.manual = Trainee(None)
                self.manual.moved = self.by_hand.copies
                self.facts.trainees.append(self.manual)
            self.manual.history.gradient.append(float("nan"))
            self._add_step(self.manual, float("nan"))
            self._forget_if_stepped()
        elif len(self.backwards) >= MOST_UNSTEPPED and not self.stepped:
            self.unstepped += 1
            del self.backwards[0]
        if self.trainees and self.manual is None:
            self.by_hand.look_away()
        else:
            self.by_hand.look_at(self.last_call, self.recorder.page.weights.values())

    def _check_limits(self) -> None:
        if self.most_steps is not None and self.steps >= self.most_steps:
            self.facts.stop = f"after {self.steps} steps, as asked"
            raise Enough

    # -- data

    def on_start(self, loader: Any, iterator: Any) -> None:
        """Hear that a loader begins."""
        facts = self.loading.start(loader, iterator, user_line(3))
        if self.most_epochs is not None and facts.trained and facts.starts > self.most_epochs:
            self.facts.stop = f"after {self.most_epochs} epochs, as asked"
            raise Enough

    def on_batch(self, iterator: Any, batch: Any, waited: float) -> None:
        """Hear that a loader gave a batch."""
        self.loading.give(iterator, batch, waited)
