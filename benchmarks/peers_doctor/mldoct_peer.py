"""mldoct 1.0: `check` on the file, `diagnose` on what a logger would have written of the run."""

import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from curves import epochs_of
from shim import Run


class Mldoct:
    """Its warnings but those of speed, and any verdict of its classifier of curves but "healthy"."""

    name = "mldoct"
    kinds: ClassVar = {
        "missing_zero_grad": ("missing_zero_grad",),
        "double_softmax": ("softmax_before_ce",),
        "missing_eval": ("train_mode_eval",),
        "Exploding Gradients": ("exploding_gradient", "diverged", "lr_too_high"),
        "Vanishing Gradients": ("vanishing_gradient",),
        "underfitting": ("underfit", "capacity_too_small", "not_learning"),
        "overfitting": ("overfit",),
        "Severe Label Noise / Corrupted Labels": ("label_noise", "random_labels", "label_misaligned"),
    }

    def begin(self, run: Run) -> None:
        pass

    def before_step(self, run: Run) -> None:
        pass

    def after_step(self, run: Run) -> None:
        pass

    def end(self, run: Run) -> list[str]:
        from mldoctor.linter import lint_script

        issues: list[dict[str, Any]] = lint_script(str(run.script))[0]
        told = {one["type"] for one in issues if one["severity"] != "INFO"}
        return [*(told - {"cpu_bottleneck"}), *self._of_curves(run)]

    def _of_curves(self, run: Run) -> list[str]:
        epochs = [
            one for one in epochs_of(run.facts) if one.loss == one.loss and one.gradient == one.gradient
        ]
        if not epochs:
            return []
        from mldoctor.advisor import diagnose_csv

        logged = {
            "train_loss": [one.train_loss for one in epochs],
            "val_loss": [one.loss for one in epochs],
            "grad_norm": [one.gradient for one in epochs],
        }
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "log.csv"
            pd.DataFrame(logged).to_csv(file, index=False)
            label = str(diagnose_csv(str(file))["label"])
        return [] if label.lower().startswith("healthy") else [label]
