"""A doctor among the callbacks of a run: it watches the training and leaves its diagnosis."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, final

from netwright.doctor.diagnosis import Diagnosis
from netwright.doctor.examination import examine_facts
from netwright.doctor.observe.doors import is_watched, watching
from netwright.doctor.observe.watcher import Watcher
from netwright.training.callbacks import Callback

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class Doctor(Callback):
    """Watches a run, and says when it has ended what is wrong with it.

    Use it where a training of `netwright.training.Training`, or of an estimator that takes one, does not
    learn. The run ends with the weights that it ends with unwatched; what is tried, is tried on copies. It is
    judged with those weights, such as the ones of its best epoch; a run that fails, as far as it came. With
    several processes the first one is watched.

    Args:
        budget: seconds for references and trials; 40 % of the time of the run, 20 at most, when None.
        diagnosis: of the last run; None before it, and where another doctor watches already.

    Example:
        >>> import torch
        >>> from netwright.training import Supervised, TensorSamples, Training
        >>> X = torch.randn(256, 2, generator=torch.Generator().manual_seed(0))
        >>> network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Softmax(1))
        >>> doctor = Doctor()
        >>> training = Training(epochs=2, callbacks=[doctor])
        >>> loss = Supervised(torch.nn.CrossEntropyLoss())
        >>> _ = training.run(network, loss, TensorSamples(X, (X[:, 0] > 0).long()))
        >>> doctor.diagnosis.alarms[0].kind
        'softmax_before_ce'
    """

    hears_last: ClassVar[bool] = True

    budget: float | None = None
    diagnosis: Diagnosis | None = field(default=None, init=False, repr=False)

    def on_start(self, run: "Run") -> None:
        """Begin to watch."""
        self.diagnosis = None
        self._watcher: Watcher | None = None
        if run.world.is_first and not is_watched():
            self._watcher, self._doors = Watcher(), ExitStack()
            self._doors.enter_context(watching(self._watcher))

    def on_end(self, run: "Run") -> None:
        """Stop watching, and judge what was seen."""
        watcher, self._watcher = self._watcher, None
        if watcher is None:
            return
        self._doors.close()
        del self._doors
        error = sys.exc_info()[1]
        if error is not None:
            watcher.facts.crash = f"{type(error).__name__}: {error}"
        self.diagnosis = examine_facts(watcher.facts, self.budget)
