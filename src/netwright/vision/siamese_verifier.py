"""Verification: whether two pictures show the same person, letter or part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.estimators import DeepEmbedder
from netwright.estimators.twins import Partners, TripletObjective, learn_classes, twin_for
from netwright.training import Objective, Samples, Training
from netwright.training.record import Choice

MOST_ROWS = 2000
"""Of so many training rows all pairs are looked at to find the threshold; of more, of a part of them."""


@final
@dataclass(eq=False, repr=False)
class SiameseVerifier(DeepEmbedder):
    """Say whether two pictures show the same, by the distance of their codes.

    Use it to recognise faces, signatures, letters or parts that training has never seen: what is learned is
    which differences count. Pictures come in any form that `netwright.data.read_images` takes. The threshold
    lies where it tells alike from unlike pairs of the training rows best; set `threshold_` lower where a
    wrong yes is worse than a wrong no.

        same where |f(x) - f(x')| <= threshold,   f learned by the triplet loss, |f(x)| = 1

    Args:
        width: numbers of a code.
        channels: maps of each stage.
        margin: by how much nearer in training a picture must be to its own kind.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the pictures cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits().images / 16, load_digits().target
        >>> model = SiameseVerifier(width=8, training=Training(epochs=5), random_state=0)
        >>> model = model.fit(X[:900], y[:900])
        >>> same = model.verify(X[900:1300], X[1300:1700])
        >>> bool((same == (y[900:1300] == y[1300:1700])).mean() > 0.8)
        True

    Source:
        Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
        Clustering", arXiv:1503.03832.
        Differs: small convolutional networks.
    """

    decodes: ClassVar[bool] = False
    width: int = 32
    channels: Sequence[int] = (32, 64)
    margin: float = 0.2
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None, sample_weight: None = None) -> Self:
        """Learn from pictures and what they show, and fit the threshold.

        Args:
            X: pictures.
            y: (rows), what or whom each shows.
            sample_weight: not taken: triplets have no weight.

        Raises:
            ValueError: when X or y cannot be used; the message says what to do.
        """
        learn_classes(self, X, y, sample_weight)
        labels = np.unique(np.asarray(y), return_inverse=True)[1]
        rows = np.random.default_rng(0).permutation(len(labels))[:MOST_ROWS]
        codes = torch.from_numpy(self.transform(X)[rows])
        one, other = torch.triu_indices(len(rows), len(rows), 1)
        same = torch.from_numpy(labels[rows])[one] == torch.from_numpy(labels[rows])[other]
        apart = torch.linalg.vector_norm(codes[one] - codes[other], dim=1)
        self.threshold_ = best_threshold(apart.numpy(), same.numpy())
        return self

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        if len(sample) != 3:
            raise InputError(
                "X must be pictures",
                f"rows of shape {tuple(sample)}",
                "embeddings.TripletEmbedder takes tables",
            )
        return twin_for(self, sample, self.channels, unit_length=True)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from triplets."""
        own = isinstance(training.loss, Objective)
        return training if own else replace(training, loss=TripletObjective(self.margin)), []

    def distance(self, first: Any, second: Any) -> Float[np.ndarray, " rows"]:
        """Return how far apart the codes of pictures lie, pair by pair, from 0 to 2.

        Args:
            first: pictures.
            second: as many others.
        """
        one, other = self.transform(first), self.transform(second)
        if len(one) != len(other):
            came = f"{len(one)} and {len(other)} pictures"
            raise InputError("first and second must have as many pictures as each other", came, "pair them")
        apart: np.ndarray = np.linalg.norm(one - other, axis=1)
        return apart

    def verify(self, first: Any, second: Any) -> Bool[np.ndarray, " rows"]:
        """Return whether pictures show the same, pair by pair.

        Args:
            first: pictures.
            second: as many others.
        """
        same: np.ndarray = self.distance(first, second) <= self.threshold_
        return same

    def _gather(self, inputs: Any, target: Tensor, weight: Tensor | None) -> Samples:
        return Partners(inputs, target)

    def __sklearn_tags__(self) -> Any:
        """Say that it learns from classes."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def best_threshold(distances: np.ndarray, same: np.ndarray) -> float:
    """Return the distance that tells alike from unlike pairs best, both kinds counting the same.

    Args:
        distances: of pairs.
        same: whether each pair is alike.

    Example:
        >>> float(best_threshold(np.array([0.1, 0.3, 0.9, 0.5]), np.array([True, True, False, False])))
        0.4
    """
    order = np.argsort(distances, kind="stable")
    sorted_distances, alike = distances[order], same[order]
    found = np.cumsum(alike) / max(alike.sum(), 1)
    wrong = np.cumsum(~alike) / max((~alike).sum(), 1)
    best = int(np.argmax(found - wrong))
    after = sorted_distances[min(best + 1, len(order) - 1)]
    return float((sorted_distances[best] + after) / 2)
