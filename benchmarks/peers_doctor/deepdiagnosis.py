"""DeepDiagnosis' symptoms with the thresholds of its published code, looked for at the end of each epoch.

Left out is "cross-entropy without a softmax": torch's cross-entropy takes scores.

Source:
    Wardat, Cruz, Le and Rajan (2022), "DeepDiagnosis: Automatically Diagnosing Faults and Recommending
    Actionable Fixes in Deep Learning Programs", doi:10.1145/3510003.3510071.
"""

import math
from typing import ClassVar

from inside import RELUS, WEIGHTED, Activations
from shim import Run
from torch import Tensor, nn

DEAD = 0.7
SATURATED_AT, SATURATED = 5.0, 0.5
VANISHED = 1e-7
RANGE = 10.0
EVERY = 5


class DeepDiagnosis:
    """Its symptoms but those of accuracy, which only Keras logs."""

    name = "DeepDiagnosis' rules"
    kinds: ClassVar = {
        "out of range": ("output_range", "target_scale", "bad_init"),
        "numerical error": ("nan_loss", "nan_input", "diverged", "zero_init", "exploding_gradient"),
        "dead node": ("dead_relu",),
        "saturated activation": ("saturated",),
        "unchanged tensor": ("frozen_params", "not_learning", "params_not_in_optimizer", "lr_too_low"),
        "invalid loss": ("nan_loss", "diverged", "nan_input"),
        "loss not decreasing": ("not_learning", "lr_too_low", "frozen_params"),
        "vanishing gradient": ("vanishing_gradient", "detached_graph"),
    }

    def begin(self, run: Run) -> None:
        self.found: set[str] = set()
        self.activations = Activations(run.network)
        self.means: list[list[float]] = []
        self.losses: list[float] = []
        self.since = 0

    def before_step(self, run: Run) -> None:
        if not self.means or run.ends_epoch():
            for module in run.network.modules():
                if isinstance(module, WEIGHTED) and module.weight.grad is not None:
                    self._of_gradient(module.weight.grad)

    def _of_gradient(self, gradient: Tensor) -> None:
        mean = float(gradient.mean())
        if not math.isfinite(mean) or mean == 0:
            self.found.add("numerical error")
        if float(gradient.abs().mean()) < VANISHED:
            self.found.add("vanishing gradient")

    def after_step(self, run: Run) -> None:
        if not run.ends_epoch():
            return
        losses = run.losses[self.since :]
        self.since = len(run.losses)
        self._of_loss(sum(losses) / max(1, len(losses)))
        outputs = [given for _, _, given in self.activations.seen.values()]
        self.means.append([float(one.double().mean()) for one in outputs])
        if any(not math.isfinite(one) or one == 0 for one in self.means[-1]):
            self.found.add("numerical error")
        if len(self.means) % EVERY == 0:
            self._every_fifth_epoch()

    def _of_loss(self, loss: float) -> None:
        self.losses.append(loss)
        if not math.isfinite(loss):
            self.found.add("invalid loss")
        if len(self.losses) % EVERY == 0 and len(set(self.losses[-EVERY:])) == 1:
            self.found.add("loss not decreasing")

    def _every_fifth_epoch(self) -> None:
        rows = self.means[-EVERY:]
        if len({len(one) for one in rows}) == 1 and any(
            len(set(one)) == 1 for one in list(zip(*rows, strict=True))[:-1]
        ):
            self.found.add("unchanged tensor")
        for taken, _ in self.activations.of(nn.Sigmoid, nn.Tanh):
            if float((taken.abs() >= SATURATED_AT).double().mean()) > SATURATED:
                self.found.add("saturated activation")

    def end(self, run: Run) -> list[str]:
        for _, given in self.activations.of(*RELUS):
            if float((given <= 0).double().mean()) >= DEAD:
                self.found.add("dead node")
        self.activations.close()
        self._of_range(run)
        return sorted(self.found)

    def _of_range(self, run: Run) -> None:
        targets = [
            one for call in run.facts.evaluations[:1] for each in call.calls[:1] for one in each.others[:1]
        ]
        if not targets or run.output is None or not targets[0].is_floating_point():
            return
        target, leaves = targets[0].double(), list(self.activations.seen.values())
        low, high = _reach(leaves[-1][0]) if leaves else (-math.inf, math.inf)
        width = float(run.output.max() - run.output.min())
        if float(target.min()) < low or float(target.max()) > high:
            self.found.add("out of range")
        if low == -math.inf and width > RANGE * float(target.max() - target.min()):
            self.found.add("out of range")


def _reach(last: nn.Module) -> tuple[float, float]:
    known = {nn.Sigmoid: (0.0, 1.0), nn.Tanh: (-1.0, 1.0), nn.ReLU: (0.0, math.inf), nn.ELU: (-1.0, math.inf)}
    return known.get(type(last), (-math.inf, math.inf))
