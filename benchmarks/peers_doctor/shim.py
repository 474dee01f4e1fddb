"""Runs a script once with every peer at its side, and hands each what its documentation asks for.

The first network that an optimizer moves is what peers are shown, since each is made for one. Peers hear of
each step twice: before the optimizer moves the weights, when the gradients stand, and after it. What is read
off the run as a whole (losses, evaluations, loaders) is what our own watcher keeps.
"""

import runpy
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.facts import Facts
from netwright.doctor.observe.watcher import Watcher

STEPS_PER_EPOCH = 20
"""Where a script goes through its rows without a loader, so that nobody sees its epochs."""


@dataclass
class Run:
    """What peers are shown.

    Args:
        script: the file.
        watcher: of our own, which keeps losses, evaluations and loaders.
        network: that learns.
        optimizer: of it.
        inputs: first tensor of the last training batch.
        output: of the network, for that batch.
        loss: that was differentiated last.
        n_steps: so far.
    """

    script: Path
    watcher: Watcher
    network: nn.Module = field(default_factory=nn.Identity)
    optimizer: Optimizer | None = None
    inputs: Tensor | None = None
    output: Tensor | None = None
    loss: float = float("nan")
    n_steps: int = 0

    @property
    def facts(self) -> Facts:
        """All that our watcher has seen."""
        return self.watcher.facts

    @property
    def losses(self) -> list[float]:
        """Of all steps of the optimizer."""
        return self.facts.trainees[0].history.loss if self.facts.trainees else []

    def ends_epoch(self) -> bool:
        """Whether the step just taken begins another epoch than the one before it."""
        epochs = self.facts.trainees[0].history.epoch if self.facts.trainees else []
        if epochs and epochs[-1] > 0:
            return len(epochs) > 1 and epochs[-1] != epochs[-2]
        return self.n_steps % STEPS_PER_EPOCH == 0


class Peer(Protocol):
    """One tool, or the published rules of one."""

    name: str
    kinds: Mapping[str, tuple[str, ...]]

    def begin(self, run: Run) -> None:
        """Before the first step; a batch has gone through the network and its gradients stand."""

    def before_step(self, run: Run) -> None:
        """Gradients stand, weights have not moved."""

    def after_step(self, run: Run) -> None:
        """Weights have moved."""

    def end(self, run: Run) -> list[str]:
        """Names of what is alarming."""


class Shim:
    """Tells peers of one script; what a peer raises silences that peer alone.

    Args:
        run: to be filled.
        peers: that are told.
    """

    def __init__(self, run: Run, peers: list[Peer]) -> None:
        self.run, self.peers = run, peers
        self.seconds = {peer.name: 0.0 for peer in peers}
        self.broken: dict[str, str] = {}
        self.depth, self.busy, self.started = 0, False, False
        self.last: tuple[nn.Module, Any, Any] | None = None

    def tell(self, what: Callable[[Peer], Any]) -> dict[str, Any]:
        """Let each peer hear of something, and take its time."""
        told: dict[str, Any] = {}
        self.busy = True
        for peer in self.peers:
            if peer.name in self.broken:
                continue
            start = time.process_time()
            try:
                told[peer.name] = what(peer)
            except Exception as error:
                self.broken[peer.name] = f"{type(error).__name__}: {error}"
            self.seconds[peer.name] += time.process_time() - start
        self.busy = False
        return told

    def enter(self, module: nn.Module, args: Any) -> None:
        """Hear that a module is called."""
        self.depth += 1

    def leave(self, module: nn.Module, args: Any, output: Any) -> None:
        """Hear that a module has answered, or raised."""
        self.depth = max(0, self.depth - 1)
        if self.depth or self.busy or not torch.is_grad_enabled() or not list(module.parameters()):
            return
        self.last = (module, args, output)

    def before(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Hear that an optimizer is about to step."""
        run = self.run
        if self.last is None or self.busy or (self.started and optimizer is not run.optimizer):
            return
        module, given, output = self.last
        run.inputs, run.output = _first_tensor(given), _first_tensor(output)
        if not self.started:
            moved = {id(one) for group in optimizer.param_groups for one in group["params"]}
            if not any(id(one) in moved for one in module.parameters()):
                return
            self.started, run.network, run.optimizer = True, module, optimizer
            self.tell(lambda peer: peer.begin(run))
        self.tell(lambda peer: peer.before_step(run))

    def after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """Hear that an optimizer has stepped."""
        run = self.run
        if self.started and optimizer is run.optimizer and not self.busy:
            run.n_steps += 1
            run.loss = run.losses[-1] if run.losses else float("nan")
            self.tell(lambda peer: peer.after_step(run))


def observe(script: Path, peers: list[Peer]) -> dict[str, Any]:
    """Run a script beside the peers; what each found, how long it took, and how the script ended.

    Args:
        script: the file.
        peers: that look at it.
    """
    run = Run(script, Watcher())
    shim = Shim(run, peers)
    ended = ""
    with watching(run.watcher):  # whose hooks come first, so that it has counted a step before peers hear
        hooks = [
            register_module_forward_pre_hook(shim.enter),
            register_module_forward_hook(shim.leave, always_call=True),
            register_optimizer_step_pre_hook(shim.before),
            register_optimizer_step_post_hook(shim.after),
        ]
        sys.argv = [str(script)]
        try:
            runpy.run_path(str(script), run_name="__main__")
        except BaseException as error:
            ended = f"{type(error).__name__}: {error}"
        for hook in hooks:
            hook.remove()
    found = shim.tell(lambda peer: peer.end(run))
    return {
        "ended": ended,
        "steps": run.n_steps,
        "found": {name: sorted(set(rules)) for name, rules in found.items()},
        "seconds": shim.seconds,
        "broken": shim.broken,
    }


def _first_tensor(value: Any) -> Tensor | None:
    if isinstance(value, Tensor):
        return value.detach()
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    with suppress(StopIteration):
        return next(one for one in map(_first_tensor, values) if one is not None)
    return None
