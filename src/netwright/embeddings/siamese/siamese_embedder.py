"""The siamese network that learns from pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import torch
from torch import nn

from netwright.estimators import DeepEmbedder
from netwright.estimators.twins import LearnsByPairs, PairObjective, twin_for
from netwright.training import Objective, Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class SiameseEmbedder(LearnsByPairs, DeepEmbedder):
    """Siamese network: rows of one class get codes near to each other, others keep their distance.

    Use it where classes are many, or will come that training has never seen: people, parts, letters. One
    example of each new class is enough to recognise it (`recognise`). Fitted to tables of numbers and to
    pictures with their classes; some classes are held back whole to judge the epochs by, where there are
    twenty or more. `TripletEmbedder` compares distances with each other instead of with a margin.

        same:   d^2 / 2,   else max(0, margin - d)^2 / 2,   d = |f(x) - f(x')|, for all pairs of a batch

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer, for pictures maps of each stage; None for (128, 64), or (32, 64).
        margin: distance from which on rows of two classes are left alone.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> model = SiameseEmbedder(width=8, training=Training(epochs=5), random_state=0)
        >>> model.fit(X[y < 7], y[y < 7]).transform(X).shape
        (1797, 8)
        >>> new = X[y >= 7], y[y >= 7]
        >>> model.recognise(new[0][3:6], examples=new[0][:3], labels=new[1][:3]).shape
        (3,)

    Source:
        Bromley, Guyon, LeCun, Säckinger and Shah (1993), "Signature Verification using a "Siamese" Time
        Delay Neural Network", NIPS 6; one example of a class: Koch, Zemel and Salakhutdinov (2015), "Siamese
        Neural Networks for One-shot Image Recognition", ICML Deep Learning Workshop; the loss: Hadsell,
        Chopra and LeCun (2006), "Dimensionality Reduction by Learning an Invariant Mapping",
        doi:10.1109/CVPR.2006.100.
    """

    decodes: ClassVar[bool] = False
    width: int = 32
    hidden: Sequence[int] | None = None
    margin: float = 1.0
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return twin_for(self, sample, self.hidden, unit_length=False)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from pairs."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=PairObjective(self.margin)), []
