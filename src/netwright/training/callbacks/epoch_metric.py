"""A metric on the validation rows after each epoch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from netwright.core.errors import InputError
from netwright.training.callbacks.callback import Callback

if TYPE_CHECKING:
    from netwright.training.run import Run


@final
@dataclass(eq=False)
class EpochMetric(Callback):
    """Records one value of a metric per epoch, computed on all validation rows at once.

    Use it to follow the number that matters, such as the ROC AUC, beside the loss. A metric that is averaged
    over batches would be another metric; this one sees all rows.

    Args:
        name: its name in the record; `EarlyStopping(monitor=name)` may watch it.
        function: (truth, prediction) -> number, both numpy arrays; prediction is what the objective
            predicts, in classifiers the probabilities: (rows) for two classes, else (rows, classes).

    Raises:
        InputError: in training, when there are no validation rows.

    Example:
        >>> from sklearn.metrics import roc_auc_score
        >>> EpochMetric("validation_auc", roc_auc_score).name
        'validation_auc'

    Source:
        Choi (2016), "Keras callbacks guide and code", keunwoochoi.wordpress.com.
    """

    name: str
    function: Callable[[Any, Any], float]

    def on_measure(self, run: "Run") -> None:
        """Compute the metric of this epoch."""
        if run.validation is None:
            raise InputError(
                f"EpochMetric {self.name!r} must have validation rows", "none", "set Training(validation=0.2)"
            )
        truth, prediction = run.validation_outputs()
        run.values[self.name] = float(self.function(truth, prediction))
