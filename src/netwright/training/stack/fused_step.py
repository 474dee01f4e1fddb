"""The step of torch's fused Adam without what surrounds it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer
from torch.optim import optimizer as torch_optimizer

PLAIN = {"fused": True, "amsgrad": False, "differentiable": False, "capturable": False}
"""How a group must be set for the one call to be all that a step does."""


@dataclass(frozen=True)
class _Group:
    """A group of an optimizer, and the tensors that the call needs beside the gradients."""

    settings: dict[str, Any]
    parameters: list[nn.Parameter]
    values: list[Tensor]
    state: list[list[Tensor]]


MARK, MARKED = "__dynamo_disable", ("add_param_group", "state_dict", "load_state_dict")
"""Where torch keeps what it made of a method that must not be compiled, and the methods of that kind."""


@final
class FusedStep:
    """Takes the steps of a fused Adam or AdamW by the one call that moves the parameters.

    torch's `step` spends about 30 microseconds on hooks, profiling and sorting parameters by device: more
    than the arithmetic, where a network is small; and the first imports torch's compiler, which takes one or
    two seconds. This makes the same call on the optimizer's own state, so that its `state_dict` is what it
    would be; gradients and each group's settings are read at each step. Any other optimizer, one with hooks,
    and one of whose parameters some have no gradient, takes its own step.

    Args:
        optimizer: any optimizer.

    Example:
        >>> weight = torch.nn.Parameter(torch.zeros(2))
        >>> weight.grad = torch.ones(2)
        >>> step = FusedStep(torch.optim.AdamW([weight], lr=0.1, fused=True))
        >>> step()
        >>> weight.detach()
        tensor([-0.1000, -0.1000])
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self._groups: list[_Group] = []

    def __call__(self) -> None:
        """Take one step."""
        gradients = self._gradients()
        if gradients is None:
            self.optimizer.step()
            return
        for group, mine in zip(self._groups, gradients, strict=True):
            settings, (averages, squares, steps) = group.settings, group.state
            beta1, beta2 = settings["betas"]
            call = torch._fused_adamw_ if settings["decoupled_weight_decay"] else torch._fused_adam_
            torch._foreach_add_(steps, 1)
            call(
                group.values,
                mine,
                averages,
                squares,
                [],
                steps,
                lr=settings["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=settings["weight_decay"],
                eps=settings["eps"],
                amsgrad=False,
                maximize=settings["maximize"],
            )

    def _gradients(self) -> list[list[Tensor]] | None:
        """The gradients of each group, or None where the optimizer has to take its own step."""
        hooks = self.optimizer._optimizer_step_pre_hooks or self.optimizer._optimizer_step_post_hooks
        groups = self.optimizer.param_groups
        gradients = [[p.grad for p in group["params"]] for group in groups]
        if hooks or any(gradient is None for mine in gradients for gradient in mine):
            return None
        if not self._current():
            self._groups = [_read(self.optimizer, group) for group in groups if _plain(self.optimizer)]
            self.optimizer._opt_called = True  # type: ignore[attr-defined]  # what a schedule asks for
        return gradients if self._groups else None

    def _current(self) -> bool:
        """Whether what was read is still what the optimizer holds."""
        groups = self.optimizer.param_groups
        if not self._groups or len(groups) != len(self._groups):
            return False
        first = self._groups[0]
        kept = self.optimizer.state[first.parameters[0]].get("step") is first.state[2][0]
        same = zip(self._groups, groups, strict=True)
        return kept and all(len(mine.parameters) == len(group["params"]) for mine, group in same)


@contextmanager
def without_compiler() -> Iterator[None]:
    """Keep torch from importing its compiler only because an optimizer is made or saved, for two seconds.

    Some methods of `Optimizer` are marked as not to be compiled, and the mark is made when they are first
    called. Here they are called without. Where torch is built otherwise, nothing happens.

    Example:
        >>> with without_compiler():
        ...     optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> len(optimizer.param_groups)
        1
    """
    methods = [getattr(getattr(Optimizer, name), "__wrapped__", None) for name in MARKED]
    marked = [method for method in methods if method is not None and not hasattr(method, MARK)]
    if "torch._dynamo" in sys.modules:
        marked = []
    for method in marked:
        setattr(method, MARK, method)
    try:
        yield
    finally:
        for method in marked:
            delattr(method, MARK)


def _read(optimizer: Optimizer, group: dict[str, Any]) -> _Group:
    """Look up what the call needs; where the optimizer has taken no step, begin its state as it would."""
    parameters = list(group["params"])
    for parameter in parameters:
        state = optimizer.state[parameter]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            for name in ("exp_avg", "exp_avg_sq"):
                state[name] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
    states = [optimizer.state[parameter] for parameter in parameters]
    kept = [[state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step")]
    return _Group(group, parameters, [parameter.detach() for parameter in parameters], kept)


def _plain(optimizer: Optimizer) -> bool:
    """Whether the one call is all that a step does."""
    if type(optimizer) not in (Adam, AdamW) or getattr(optimizer, "grad_scale", None) is not None:
        return False
    if torch_optimizer._global_optimizer_pre_hooks or torch_optimizer._global_optimizer_post_hooks:
        return False
    own = vars(optimizer).get("step")  # a schedule puts a counter around it
    if own is not None and not hasattr(own, "_wrapped_by_lr_sched"):
        return False
    for group in optimizer.param_groups:
        kinds = {(type(p), p.dtype, p.device) for p in group["params"]}
        if len(kinds) != 1 or not (PLAIN.items() <= group.items() and isinstance(group["lr"], float)):
            return False
    return True
