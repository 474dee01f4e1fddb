"""What a run computes with: players with their optimizers, and the stepper that suits the network."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from netwright.core.listening import flattened
from netwright.layers import desynchronise, synchronise_batch_norm
from netwright.training.callbacks.callback import Callback
from netwright.training.distribute import World, replicate, sharded
from netwright.training.engine import Engine
from netwright.training.objective import Objective, OutputObjective, Player
from netwright.training.record import Choice
from netwright.training.stack import Stack, without_compiler
from netwright.training.stepping import AutogradStepper, Call, StackStepper, Stepper

Scheduled = tuple[Player, Optimizer, LRScheduler | None]
MakeOptimizer = Callable[..., Optimizer]

FUSED = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.Adagrad)
ELEMENTWISE = (
    *FUSED,
    torch.optim.RMSprop,
    torch.optim.Adadelta,
    torch.optim.Adamax,
    torch.optim.NAdam,
    torch.optim.RAdam,
)
"""Optimizers that treat each weight by itself, so that one flat vector of all serves as well as many."""


@dataclass
class Machine:
    """What a run computes with.

    Args:
        network: whose parameters the players move.
        call: computes something with the network and a batch; all that a divided network computes goes
            through it.
        players: each with its optimizer and its schedule or None.
        stepper: computes losses and gradients.
        channels_last: whether images are laid with their channels last.
        choices: what was chosen on the way.
        world: the processes that train together.
    """

    network: nn.Module
    call: Call
    players: list[Scheduled]
    stepper: Stepper
    channels_last: bool
    choices: list[Choice]
    world: World


@contextmanager
def prepare(
    network: nn.Module,
    objective: Objective,
    *,
    engine: Engine,
    callbacks: Sequence[Callback],
    optimizer: MakeOptimizer | None,
    learning_rate: float,
    schedule: Callable[[Optimizer, int], LRScheduler] | None,
    n_steps: int,
    world: World,
    inputs: Any,
) -> Iterator[Machine]:
    """Make the optimizers and choose the stepper; afterwards the network is as the user knows it.

    Args:
        network: on its device.
        objective: names the players.
        engine: what may be chosen.
        callbacks: group parameters, and may need autograd.
        optimizer: (parameters, lr=...) -> optimizer.
        learning_rate: of the run.
        schedule: (optimizer, steps) -> scheduler, or None.
        n_steps: of the loop in the whole run.
        world: the processes.
        inputs: of a batch, as an example; None where there is none.

    Raises:
        InputError: when a field of the engine is none of the words that it may be.
    """
    engine.check()
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    precision, choices = engine.choose_precision(network, device)
    channels_last = engine.lays_channels_last(network)
    if channels_last:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with _spread(network, engine, world) as (network, call):
        players = objective.players(network)
        stack: Stack | None = None
        stepper: Stepper = AutogradStepper(objective, world, call, precision)
        plain = engine.fast_path and engine.sharding != "full" and precision is torch.float32
        if plain and _elementwise(optimizer):
            stack = hand_written(network, objective, callbacks, inputs)
        if stack is not None and isinstance(objective, OutputObjective):
            stepper = StackStepper(objective, world, stack, network)
        make = _fused(optimizer or torch.optim.AdamW, device)
        scheduled: list[Scheduled] = []
        try:
            for player in players:
                rate = learning_rate * player.learning_rate
                groups = [{"params": list(player.parameters), "lr": rate}]
                for callback in callbacks:
                    groups = callback.groups(network, player, groups)
                with without_compiler():
                    made = make([stack.flat] if stack else groups, lr=rate)
                if stack is not None:
                    flattened[made] = stack.parameters
                plan = None if schedule is None else schedule(made, n_steps * player.steps)
                scheduled.append((player, made, plan))
            yield Machine(network, call, scheduled, stepper, channels_last, choices, world)
        finally:
            if stack is not None:
                stack.release()


@contextmanager
def _spread(network: nn.Module, engine: Engine, world: World) -> Iterator[tuple[nn.Module, Call]]:
    """Lay the network on the processes: give the one that moves, and how to compute something with it."""
    synchronised = synchronise_batch_norm(network) if world.size > 1 else 0
    try:
        if world.size > 1 and engine.sharding == "full":
            with sharded(network, world) as whole:
                yield whole.network, whole
        else:
            replicate(network, world)
            yield network, lambda compute, batch: compute(network, batch)
    finally:
        if synchronised:
            desynchronise(network)


def hand_written(
    network: nn.Module,
    objective: Objective,
    callbacks: Sequence[Callback],
    inputs: Any,
) -> Stack | None:
    """Return the hand-written passes, or None where more than the network's outputs make the gradients.

    Args:
        network: perhaps a plain stack.
        objective: perhaps of outputs alone.
        callbacks: who may need autograd.
        inputs: of a batch, as an example.
    """
    told = ("on_loss", "groups")
    if (
        not _is_of_outputs(objective)
        or any(callback.needs_autograd for callback in callbacks)
        or any(getattr(type(c), event) is not getattr(Callback, event) for c in callbacks for event in told)
    ):
        return None
    stack = Stack.of(network)
    if stack is not None and not stack.takes(inputs):
        stack.release()
        return None
    return stack


def _is_of_outputs(objective: Objective) -> bool:
    """Whether one player minimises the loss of the outputs, and no subclass says otherwise."""
    kind = type(objective)
    if not isinstance(objective, OutputObjective) or kind.players is not Objective.players:
        return False
    of_outputs, of_all = (
        next(c for c in kind.__mro__ if name in vars(c)) for name in ("outputs_loss", "loss")
    )
    return issubclass(of_outputs, of_all)


def _elementwise(optimizer: Any) -> bool:
    made = optimizer.func if isinstance(optimizer, functools.partial) else optimizer
    return made is None or made in ELEMENTWISE


def _fused(optimizer: MakeOptimizer, device: torch.device) -> MakeOptimizer:
    """The optimizer that takes its step in one call, where torch has one."""
    kept = optimizer.keywords if isinstance(optimizer, functools.partial) else {}
    made = optimizer.func if isinstance(optimizer, functools.partial) else optimizer
    asked = {"fused", "foreach", "capturable", "differentiable", "maximize"} & set(kept)
    if made not in FUSED or asked or device.type not in ("cpu", "cuda", "mps"):
        return optimizer
    return functools.partial(optimizer, fused=True)
