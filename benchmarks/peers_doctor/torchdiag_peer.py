"""torchdiag 0.1: `check_gradients` at the first, second and every hundredth step, dead units at the end."""

import contextlib
import io
from typing import Any, ClassVar

from shim import Run


class Torchdiag:
    """What it marks with a warning sign; it prints, so that its text is caught."""

    name = "torchdiag"
    kinds: ClassVar = {
        "NO GRAD": ("detached_graph", "input_disconnected", "params_not_in_optimizer"),
        "VANISH": ("vanishing_gradient", "dead_relu", "frozen_params"),
        "EXPLODE": ("exploding_gradient", "diverged", "lr_too_high"),
        "dead": ("dead_relu",),
    }

    def begin(self, run: Run) -> None:
        self.found: list[str] = []

    def before_step(self, run: Run) -> None:
        if run.n_steps not in (0, 1) and run.n_steps % 100:
            return
        from torchdiag import check_gradients

        stats: dict[str, Any] = _quietly(check_gradients, run.network)
        told = {str(one["status"]).upper().replace("_", " ") for one in stats.values()}
        self.found += sorted(told - {"OK"})

    def after_step(self, run: Run) -> None:
        pass

    def end(self, run: Run) -> list[str]:
        from torchdiag import check_dead_neurons

        if run.inputs is not None:
            report = _quietly(check_dead_neurons, run.network, run.inputs)
            self.found += ["dead" for one in report.values() if one["dead_pct"] > 20]
        return self.found


def _quietly(function: Any, *args: Any) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*args)
