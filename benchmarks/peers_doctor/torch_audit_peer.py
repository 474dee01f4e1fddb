"""torch-audit 0.3: `autopatch` around the network and optimizer; every tenth step is audited."""

from typing import Any, ClassVar

from shim import Run

HARDWARE = "TA2"
"""Rules of speed on graphics processors, which say nothing of learning."""


class TorchAudit:
    """Its warnings and errors but those of speed."""

    name = "torch-audit"
    kinds: ClassVar = {
        "TA100": ("nan_loss", "nan_input", "diverged", "exploding_gradient"),
        "TA102": ("exploding_gradient", "diverged", "lr_too_high"),
        "TA103": ("dead_relu", "frozen_params"),
        "TA104": ("detached_graph", "frozen_params", "input_disconnected", "params_not_in_optimizer"),
        "TA105": ("dead_relu", "collapsed_output", "saturated"),
        "TA301": ("unscaled_input",),
        "TA302": ("constant_input",),
        "TA303": ("batch_mixing",),
        "TA304": ("batch_too_small", "batchnorm_misuse"),
        "TA305": ("nan_input", "bad_label_values"),
        "TA401": ("bad_optimizer_setting",),
        "TA402": ("weight_decay_too_high", "bad_optimizer_setting"),
        "TA405": ("bad_init", "zero_init"),
        "TA500": ("input_disconnected", "params_not_in_optimizer", "frozen_params", "detached_graph"),
    }

    def begin(self, run: Run) -> None:
        from torch_audit import autopatch

        self.auditor: Any = autopatch(
            run.network,
            optimizer=run.optimizer,
            every_n_steps=10,
            reporters=[],
            run_static=True,
            run_init=True,
        )

    def before_step(self, run: Run) -> None:
        pass

    def after_step(self, run: Run) -> None:
        pass

    def end(self, run: Run) -> list[str]:
        result = self.auditor.finish(report=False)
        self.auditor.unpatch()
        told = {one.rule_id for one in result.findings if one.severity.value != "INFO"}
        return [one for one in told if not one.startswith(HARDWARE)]
