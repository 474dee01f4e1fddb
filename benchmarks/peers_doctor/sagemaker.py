"""Rules of SageMaker Debugger for deep learning written anew, with the defaults of its documentation.

A rule looks at every tenth step (SageMaker saves one in 500 unless told otherwise, which would leave most of
these short programs unseen). Twice the rules are read in their favour: LossNotDecreasing compares losses that
lie ten looks apart, not ten steps, between which the loss of a batch rises by chance; and ClassImbalance
counts labels alone, without its second part (a class of which 70 % are mistaken).

Source:
    Amazon SageMaker AI Developer Guide, "List of Debugger built-in rules",
    https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-built-in-rules.html.
"""

from typing import ClassVar

import torch
from curves import epochs_of
from inside import RELUS, WEIGHTED, Activations, gradients, weights
from shim import Run
from torch import Tensor, nn

SAVED_EVERY = 10
VANISHED = 1e-7
INACTIVE, INACTIVE_UNITS = 0.01, 0.5
TANH, SIGMOID = (-9.4999, 9.4999), (-23.0, 16.99999)
VARIANCES = 10.0
UPDATES = (1e-8, 10.0)
UNCHANGED_STEPS = 3
LOSS_STEPS, LOSS_FALL = 10, 0.001
OVERFIT = 0.1
IMBALANCE = 10.0


class SageMaker:
    """Ten of its rules: those that need no settings of one's own."""

    name = "SageMaker Debugger's rules"
    kinds: ClassVar = {
        "VanishingGradient": ("vanishing_gradient", "detached_graph", "dead_relu"),
        "ExplodingTensor": ("nan_loss", "diverged", "exploding_gradient", "nan_input"),
        "DeadRelu": ("dead_relu",),
        "SaturatedActivation": ("saturated",),
        "PoorWeightInitialization": ("bad_init", "zero_init"),
        "WeightUpdateRatio": ("lr_too_high", "lr_too_low", "frozen_params"),
        "UnchangedTensor": ("frozen_params", "params_not_in_optimizer", "lr_too_low", "detached_graph"),
        "LossNotDecreasing": ("not_learning", "diverged", "loss_sign", "lr_too_low", "lr_too_high"),
        "Overfit": ("overfit",),
        "ClassImbalance": ("imbalance_ignored",),
    }

    def begin(self, run: Run) -> None:
        self.found: set[str] = set()
        self.activations = Activations(run.network)
        self.saved: list[list[Tensor]] = []
        self.losses: list[float] = []
        spread = [float(one.weight.var()) for one in run.network.modules() if isinstance(one, WEIGHTED)]
        if len(spread) > 1 and max(spread) > VARIANCES * min(spread):
            self.found.add("PoorWeightInitialization")

    def before_step(self, run: Run) -> None:
        if run.n_steps % SAVED_EVERY:
            return
        self.now = weights(run.network)
        for one in gradients(run.network):
            if not bool(one.isfinite().all()):
                self.found.add("ExplodingTensor")
            elif float(one.abs().mean()) < VANISHED:
                self.found.add("VanishingGradient")
        self._of_activations()

    def _of_activations(self) -> None:
        for _, given in self.activations.of(*RELUS):
            alive = (given > 0).double().flatten(0, -2).mean(0) if given.ndim == 2 else _by_channel(given > 0)
            if float((alive < INACTIVE).double().mean()) > INACTIVE_UNITS:
                self.found.add("DeadRelu")
        for kind, (low, high) in ((nn.Tanh, TANH), (nn.Sigmoid, SIGMOID)):
            for taken, _ in self.activations.of(kind):
                if float(((taken < low) | (taken > high)).double().mean()) > INACTIVE_UNITS:
                    self.found.add("SaturatedActivation")

    def after_step(self, run: Run) -> None:
        if (run.n_steps - 1) % SAVED_EVERY:
            return
        moved = weights(run.network)
        for old, new in zip(self.now, moved, strict=True):
            ratio = float((new - old).abs().mean() / (old.abs().mean() + 1e-9))
            if not UPDATES[0] <= ratio <= UPDATES[1]:
                self.found.add("WeightUpdateRatio")
        self.saved = [*self.saved[1 - UNCHANGED_STEPS :], moved]
        columns = list(zip(*self.saved, strict=True)) if len(self.saved) == UNCHANGED_STEPS else []
        if any(all(torch.allclose(one[0], other) for other in one[1:]) for one in columns):
            self.found.add("UnchangedTensor")
        self._of_loss(run.loss)

    def _of_loss(self, loss: float) -> None:
        self.losses.append(loss)
        if len(self.losses) > LOSS_STEPS:
            before = self.losses[-1 - LOSS_STEPS]
            if not before - loss >= LOSS_FALL * abs(before):
                self.found.add("LossNotDecreasing")

    def end(self, run: Run) -> list[str]:
        self.activations.close()
        if any(one.loss - one.train_loss > OVERFIT * abs(one.train_loss) for one in epochs_of(run.facts)):
            self.found.add("Overfit")
        for loader in run.facts.loaders[:1]:
            labels = [one for batch in loader.batches for one in batch[-1:] if one.ndim == 1]
            if labels and not labels[0].is_floating_point():
                counts = torch.cat(labels).unique(return_counts=True)[1]
                if len(counts) < 1000 and float(counts.max()) > IMBALANCE * float(counts.min()):
                    self.found.add("ClassImbalance")
        return sorted(self.found)


def _by_channel(active: Tensor) -> Tensor:
    axes = [axis for axis in range(active.ndim) if axis != 1]
    return active.double().mean(axes) if active.ndim > 1 else active.double()
