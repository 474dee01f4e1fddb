"""The step of torch's fused Adam without what surrounds it."""

from typing import Any, final

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer
from torch.optim import optimizer as torch_optimizer

PLAIN = {"fused": True, "amsgrad": False, "differentiable": False, "capturable": False}
"""How a group must be set for the one call to be all that a step does."""


@final
class FusedStep:
    """Takes the steps of a fused Adam or AdamW on gradients that stay in their place, such as a stack's.

    torch's `step` spends about 30 microseconds on hooks, profiling and sorting parameters by device: more
    than the arithmetic, where a network is small. This makes the same call on the optimizer's own state, so
    that its `state_dict` is what it would be; each group's rate is read at each step. The first step is
    torch's own, and so is every step of another optimizer, of one with hooks, or of one whose state or
    gradients were replaced.

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
        self._groups: list[tuple[dict[str, Any], list[list[Tensor]]]] = []
        self._marks: tuple[Any, Any, Any] = (None, None, None)

    def __call__(self) -> None:
        """Take one step."""
        if not self._known():
            self.optimizer.step()
            self._read()
            return
        for group, lists in self._groups:
            beta1, beta2 = group["betas"]
            call = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
            torch._foreach_add_(lists[5], 1)
            call(
                *lists,
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                amsgrad=False,
                maximize=group["maximize"],
            )

    def _known(self) -> bool:
        """Whether the tensors that were read are still the optimizer's, and nobody listens."""
        if not self._groups or self.optimizer._optimizer_step_pre_hooks:
            return False
        first, gradient, steps = self._marks
        replaced = first.grad is not gradient or self.optimizer.state[first].get("step") is not steps
        return not replaced and not self.optimizer._optimizer_step_post_hooks

    def _read(self) -> None:
        """Look up what the call needs, once the optimizer's first step has made it."""
        self._groups = []
        if not _plain(self.optimizer):
            return
        for group in self.optimizer.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            states = [self.optimizer.state[p] for p in params]
            kept = [[state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step")]
            values, gradients = [p.detach() for p in params], [p.grad for p in params]
            if params:
                self._groups.append((group, [values, gradients, kept[0], kept[1], [], kept[2]]))
                self._marks = (params[0], gradients[0], kept[2][0])


def _plain(optimizer: Optimizer) -> bool:
    if type(optimizer) not in (Adam, AdamW) or getattr(optimizer, "grad_scale", None) is not None:
        return False
    if torch_optimizer._global_optimizer_pre_hooks or torch_optimizer._global_optimizer_post_hooks:
        return False
    own = vars(optimizer).get("step")  # a schedule puts a counter around it
    if own is not None and not hasattr(own, "_wrapped_by_lr_sched"):
        return False
    alike = all(
        PLAIN.items() <= group.items() and isinstance(group["lr"], float) for group in optimizer.param_groups
    )
    return alike and all(len({(p.dtype, p.device) for p in g["params"]}) == 1 for g in optimizer.param_groups)
