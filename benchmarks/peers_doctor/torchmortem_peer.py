"""torchmortem 0.1.1: `Autopsy` at the network, told of each step and its loss."""

from typing import Any, ClassVar

from shim import Run


class Torchmortem:
    """Its warnings and critical findings, by the first words of their titles."""

    name = "torchmortem"
    kinds: ClassVar = {
        "Vanishing gradients": ("vanishing_gradient",),
        "Exploding gradients": ("exploding_gradient", "diverged"),
        "Gradient stalling": ("vanishing_gradient", "frozen_params", "detached_graph"),
        "High gradient": ("batch_too_small",),
        "Training divergence": ("diverged", "nan_loss", "lr_too_high", "loss_sign"),
        "Loss plateau": ("not_learning", "lr_too_low"),
        "Rank collapse": ("collapsed_output", "bottleneck"),
        "Activation saturation": ("saturated",),
        "Dead units": ("dead_relu",),
        "Update ratio too low": ("lr_too_low", "frozen_params"),
        "Update ratio too high": ("lr_too_high",),
        "Weight norm": ("diverged", "exploding_gradient"),
        "Stagnant weight": ("lr_too_low", "frozen_params", "not_learning"),
        "Inter-layer weight": ("bad_init",),
    }

    def begin(self, run: Run) -> None:
        from torchmortem import Autopsy

        self.autopsy: Any = Autopsy(run.network, optimizer=run.optimizer)
        self.autopsy.attach()

    def before_step(self, run: Run) -> None:
        pass

    def after_step(self, run: Run) -> None:
        self.autopsy.step(loss=run.loss)

    def end(self, run: Run) -> list[str]:
        self.autopsy.detach()
        report = self.autopsy.get_report()
        titles = [one.title for one in report.findings if one.severity.name != "INFO"]
        return [next((key for key in self.kinds if one.startswith(key)), one) for one in titles]
