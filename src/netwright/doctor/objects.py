"""A doctor for objects: a network, a loss, an optimizer and loaders, before training or through one."""

import copy
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netwright.core.errors import InputError
from netwright.doctor.diagnosis import Diagnosis
from netwright.doctor.examination import examine_facts
from netwright.doctor.observe.copying import copy_networks
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Enough, Watcher

STEPS_BEFORE = 3
"""Of the training that show what holds before it."""


def examine(
    network: nn.Module,
    loss: Callable[..., Tensor] | None,
    optimizer: Optimizer,
    train_loader: Iterable[Any],
    val_loader: Iterable[Any] | None = None,
    *,
    step: Callable[[nn.Module, Any], Tensor] | None = None,
    epochs: int = 1,
    stage: Literal["before", "full"] = "full",
    budget: float | None = None,
) -> Diagnosis:
    """Train copies for a while, and say what is wrong with the training.

    The network, the optimizer and all random streams stay as they are, bit for bit.

    Args:
        network: to be trained.
        loss: (prediction, target) -> loss, for batches of inputs and target; None where `step` is given.
        optimizer: over the network's parameters.
        train_loader: batches.
        val_loader: batches that nothing is learned from; None without.
        step: (network, batch) -> loss, for other batches.
        epochs: of the training that is watched.
        stage: "before" for three steps and what needs no training, "full" for all.
        budget: seconds for references and trials; 40 % of the training, 20 at most, when None.

    Raises:
        InputError: when neither or both of `loss` and `step` are given, epochs is below 1, or stage is
            neither word.

    Example:
        >>> rows = torch.randn(64, 2), torch.randn(64)
        >>> network = nn.Linear(2, 1)
        >>> optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        >>> examine(network, nn.MSELoss(), optimizer, [rows] * 3, stage="before").alarms[0].kind
        'target_shape_broadcast'
    """
    if (loss is None) == (step is None):
        given = "neither" if loss is None else "both"
        raise InputError("one of loss and step must be given", given, "leave the other one None")
    if epochs < 1:
        raise InputError("epochs must be at least 1", str(epochs), "take 1 or more")
    if stage not in ("before", "full"):
        raise InputError("stage must be 'before' or 'full'", repr(stage), "take one of them")
    twin, its_optimizer = _twins(network, optimizer)
    watcher = Watcher(most_steps=STEPS_BEFORE if stage == "before" else None)
    with _streams_restored():
        try:
            with watching(watcher):
                for _ in range(epochs):
                    _epoch(twin, its_optimizer, train_loader, step or _supervised(loss))
                    _evaluate(twin, val_loader, step, loss)
        except Enough:
            pass
        return examine_facts(watcher.facts, budget, full=stage == "full")


def _twins(network: nn.Module, optimizer: Optimizer) -> tuple[nn.Module, Optimizer]:
    """A copy of the network, and an optimizer over it that is set and has gone as far as the given one."""
    twin = copy_networks([network]).modules[id(network)]
    pairs = {id(one): other for one, other in zip(network.parameters(), twin.parameters(), strict=True)}
    groups = [
        {**group, "params": [pairs.get(id(one), one) for one in group["params"]]}
        for group in optimizer.param_groups
    ]
    its_optimizer = copy.copy(optimizer)
    its_optimizer.param_groups = groups
    state = type(optimizer.state)(optimizer.state.default_factory)
    for parameter, values in optimizer.state.items():
        state[pairs.get(id(parameter), parameter)] = copy.deepcopy(values)
    its_optimizer.state = state
    return twin, its_optimizer


def _supervised(loss: Callable[..., Tensor] | None) -> Callable[[nn.Module, Any], Tensor]:
    def step(network: nn.Module, batch: Any) -> Tensor:
        if loss is None:
            raise InputError("loss must be given", "None", "give a function of prediction and target")
        inputs, target = batch
        return loss(network(inputs), target)

    return step


def _epoch(
    network: nn.Module, optimizer: Optimizer, loader: Iterable[Any], step: Callable[..., Tensor]
) -> None:
    network.train()
    for batch in loader:
        optimizer.zero_grad()
        step(network, batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _evaluate(
    network: nn.Module,
    loader: Iterable[Any] | None,
    step: Callable[..., Tensor] | None,
    loss: Callable[..., Tensor] | None,
) -> None:
    network.eval()
    with torch.no_grad():
        for batch in loader or ():
            (step or _supervised(loss))(network, batch)


@contextmanager
def _streams_restored() -> Iterator[None]:
    """Let all random streams go on afterwards as if nothing had been drawn."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 (the user's own stream)
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
