"""UMLAUT's rules with its published thresholds, written anew for torch.

Left out is "no softmax at the end": torch's cross-entropy takes scores, so it would speak of every
classifier.

Source:
    Schoop, Huang and Hartmann (2021), "UMLAUT: Debugging Deep Learning Programs using Program Structure and
    Model Behavior", doi:10.1145/3411764.3445538.
"""

from itertools import pairwise
from typing import ClassVar

from curves import epochs_of
from shim import Run
from torch import nn

RATES = (1e-7, 1e-2)
MOST_DROPOUT = 0.5
SUSPICIOUS_ACCURACY = 0.95


class Umlaut:
    """Eight of its heuristics, each as literal as there."""

    name = "UMLAUT's rules"
    kinds: ClassVar = {
        "input not from -1 to 1": ("unscaled_input", "double_scaling"),
        "NaN in input": ("nan_input",),
        "input not floating": ("wrong_target_dtype",),
        "rate too high": ("lr_too_high",),
        "rate too low": ("lr_too_low",),
        "much dropout": ("dropout_too_high",),
        "missing activation": ("linear_network",),
        "activation at the end": ("output_range",),
        "overfitting": ("overfit",),
        "suspicious accuracy": ("train_val_leakage", "target_leakage"),
    }

    def begin(self, run: Run) -> None:
        self.found: list[str] = []
        parts = list(run.network.modules())
        self._of_settings(run, parts)
        chains = [list(one) for one in parts if isinstance(one, nn.Sequential)]
        if any(
            isinstance(a, nn.Linear) and isinstance(b, nn.Linear) for one in chains for a, b in pairwise(one)
        ):
            self.found.append("missing activation")
        if isinstance(run.network, nn.Sequential) and isinstance(run.network[-1], nn.ReLU):
            self.found.append("activation at the end")

    def _of_settings(self, run: Run, parts: list[nn.Module]) -> None:
        rate = float(run.optimizer.param_groups[0]["lr"]) if run.optimizer else RATES[0]
        if rate > RATES[1]:
            self.found.append("rate too high")
        if rate < RATES[0]:
            self.found.append("rate too low")
        if any(isinstance(one, nn.Dropout) and one.p > MOST_DROPOUT for one in parts):
            self.found.append("much dropout")

    def before_step(self, run: Run) -> None:
        if run.inputs is None or run.n_steps % 50:
            return
        if not run.inputs.is_floating_point():
            self.found.append("input not floating")
        elif bool(run.inputs.isnan().any()):
            self.found.append("NaN in input")
        elif float(run.inputs.abs().max()) > 1:
            self.found.append("input not from -1 to 1")

    def after_step(self, run: Run) -> None:
        pass

    def end(self, run: Run) -> list[str]:
        epochs = epochs_of(run.facts)
        if any(b.loss > a.loss and b.train_loss < a.train_loss for a, b in pairwise(epochs)):
            self.found.append("overfitting")
        if any(one.accuracy > SUSPICIOUS_ACCURACY for one in epochs):
            self.found.append("suspicious accuracy")
        return self.found
