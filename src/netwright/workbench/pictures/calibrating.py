"""Probabilities made as sure as they should be, by the rows that judged the epochs."""

import warnings
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning

from netwright.metrics import TemperatureScaling
from netwright.training import Callback, Run

FEWEST = 100
"""Rows below which a temperature would be mostly chance."""


@final
@dataclass(eq=False)
class KeptAnswers(Callback):
    """Keeps what the net said of the validation rows, in the best epoch and in the last one.

    Example:
        >>> KeptAnswers().temperature(best_epoch=1)
        1.0
    """

    answers: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def on_start(self, run: Run) -> None:
        """Forget what an earlier run left."""
        self.answers.clear()

    def on_measure(self, run: Run) -> None:
        """Keep truth and probabilities of this epoch, beside those of the best one before it."""
        for epoch in [one for one in self.answers if one != run.record.best_epoch]:
            del self.answers[epoch]
        if run.validation is not None:
            self.answers[run.epoch] = run.validation_outputs()

    def state(self) -> dict[str, Any]:
        """Return what was kept."""
        return {
            "answers": [
                [epoch, torch.as_tensor(truth), torch.as_tensor(said)]
                for epoch, (truth, said) in self.answers.items()
            ]
        }

    def restore(self, run: Run, state: dict[str, Any]) -> None:
        """Go on with what an earlier run kept."""
        self.answers.clear()
        self.answers.update({epoch: (truth.numpy(), said.numpy()) for epoch, truth, said in state["answers"]})

    def temperature(self, best_epoch: int) -> float:
        """Return what the logits of the kept epoch are to be divided by; 1 where that cannot be said.

        Args:
            best_epoch: whose weights were kept.
        """
        truth, probability = self.answers.get(best_epoch, (np.zeros(0), np.zeros(0)))
        if len(truth) < FEWEST or truth.ndim != 1:
            return 1.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it stays 1 then
            fitted = TemperatureScaling().fit(
                probability.astype(np.float64), truth.astype(np.int64), classes=_codes(probability)
            )
        return float(fitted.temperature_)

    def __deepcopy__(self, memo: dict[int, Any]) -> "KeptAnswers":
        """Some estimators copy the recipe; whoever asks afterwards must find the answers all the same."""
        return self


def _codes(probability: np.ndarray) -> list[int]:
    return list(range(2 if probability.ndim == 1 else probability.shape[1]))


def cooled(probability: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities with their logits divided by a temperature.

    Args:
        probability: (rows, classes).
        temperature: above 1 makes them less sure.

    Example:
        >>> cooled(np.array([[0.9, 0.1]]), 2.0).round(2).tolist()
        [[0.75, 0.25]]
    """
    if temperature == 1.0:
        return probability
    powers = np.exp(np.log(np.clip(probability, 1e-300, None)) / temperature)
    scaled: np.ndarray = powers / powers.sum(1, keepdims=True)
    return scaled
