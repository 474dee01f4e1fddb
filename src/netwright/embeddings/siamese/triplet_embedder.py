"""The siamese network that learns from triplets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import torch
from torch import nn

from netwright.estimators import DeepEmbedder
from netwright.estimators.twins import LearnsByPairs, TripletObjective, twin_for
from netwright.training import Objective, Training
from netwright.training.record import Choice


@final
@dataclass(eq=False, repr=False)
class TripletEmbedder(LearnsByPairs, DeepEmbedder):
    """Triplet network: a row lies nearer to every row of its class than to any other, by a margin.

    Use it as `SiameseEmbedder`, where classes differ in how wide they are: no distance is fixed, only which
    of two is the smaller. Codes have length 1. With each pair of a class that row of another counts which is
    the nearest beyond it.

        max(0, |f(a) - f(p)|^2 - |f(a) - f(n)|^2 + margin),   |f(x)| = 1

    Args:
        width: numbers of a code.
        hidden: units of each hidden layer, for pictures maps of each stage; None for (128, 64), or (32, 64).
        margin: by how much nearer rows of the class must be.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the rows cannot be used.

    Example:
        >>> import numpy as np
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> model = TripletEmbedder(width=8, training=Training(epochs=5), random_state=0)
        >>> codes = model.fit(X[y < 7], y[y < 7]).transform(X)
        >>> bool(np.allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-5))
        True

    Source:
        Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
        Clustering", arXiv:1503.03832.
    """

    decodes: ClassVar[bool] = False
    width: int = 32
    hidden: Sequence[int] | None = None
    margin: float = 0.2
    training: Training | None = None
    random_state: Any = None

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return twin_for(self, sample, self.hidden, unit_length=True)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from triplets."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=TripletObjective(self.margin)), []
