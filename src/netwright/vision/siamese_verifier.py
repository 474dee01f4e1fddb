"""Verification: whether two pictures show the same person, letter or part."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, final

import numpy as np
import torch
from jaxtyping import Bool, Float
from sklearn.metrics import roc_auc_score
from sklearn.utils.validation import check_consistent_length, column_or_1d
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import split_rows
from netwright.estimators import DeepEmbedder
from netwright.estimators.backbones import Backbone
from netwright.estimators.twins import CLASSES_TO_SPARE, LearnsByPairs, TripletObjective, learn_classes
from netwright.nets import TwinNetwork
from netwright.training import Objective, Training
from netwright.training.record import Choice
from netwright.vision.pictures import admit_pictures, build_network, take_pictures
from netwright.vision.recipe import settle_pictures

HELD_BACK = 0.2
"""Share of the pictures, of whole people, that sets the threshold."""

MOST_ROWS = 2000
"""Of so many pictures all pairs are looked at; of more, of a part of them."""


@final
@dataclass(eq=False, repr=False)
class SiameseVerifier(LearnsByPairs, DeepEmbedder):
    """Say whether two pictures show the same, by the distance of their codes.

    Use it to recognise faces, signatures, letters or parts that training has never seen: what is learned is
    which differences count. Pictures come in any form that `netwright.data.read_images` takes; y says whom or
    what each shows. Where there are twenty people or more, a fifth of them is not learned from: their pairs
    set the threshold, so that it holds for people who are new; of fewer, the pairs learned from set it, which
    is too hopeful. After `fit`, `threshold_` is that distance, and `accepts_` the share of alike pairs that
    it accepts.

        same where |f(x) - f(x')| <= threshold,   |f(x)| = 1,   f learned by the triplet loss
        threshold: the largest by which at most `false_accepts` of the unlike pairs count as the same

    Args:
        width: numbers of a code.
        backbone: a network that gives so many numbers, which is copied, or what makes one when it is called
            with `channels=` and `n_outputs=`; None for `nets.PictureNet`.
        size: pixels to which pictures are brought, (height, width) or one number; None for their own.
        margin: by how much nearer in training a picture must be to its own kind.
        false_accepts: share of unlike pairs that may be taken for alike.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when a setting or the pictures cannot be used.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits().images / 16, load_digits().target
        >>> model = SiameseVerifier(width=8, false_accepts=0.05, training=Training(epochs=3), random_state=0)
        >>> model = model.fit(X[:900], y[:900])
        >>> same = model.verify(X[900:1300], X[1300:1700])
        >>> bool((same == (y[900:1300] == y[1300:1700])).mean() > 0.8)
        True

    Source:
        Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
        Clustering", arXiv:1503.03832.
        Differs: a small residual network; a batch holds each picture with one other of its kind, in the mean,
        instead of forty.
    """

    decodes: ClassVar[bool] = False
    width: int = 64
    backbone: Backbone | None = None
    size: int | tuple[int, int] | None = None
    margin: float = 0.2
    false_accepts: float = 0.01
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any = None, sample_weight: None = None) -> Self:
        """Learn from pictures and what they show, and set the threshold.

        Args:
            X: pictures.
            y: (rows), what or whom each shows.
            sample_weight: not taken: triplets have no weight.

        Raises:
            ValueError: when X or y cannot be used; the message says what to do.
        """
        if not 0 < self.false_accepts < 1:
            came = repr(self.false_accepts)
            raise InputError("false_accepts must lie between 0 and 1", came, "0.01 is one in a hundred")
        pictures, labels = self.admit(X, fitting=True), column_or_1d(y, warn=True)
        check_consistent_length(pictures, labels)
        learn, held = _apart(labels)
        learn_classes(self, pictures[learn], labels[learn], sample_weight)
        apart, same = self._pairs(pictures[held], labels[held])
        self.threshold_ = threshold_at(apart[~same], self.false_accepts)
        self.accepts_ = float((apart[same] <= self.threshold_).mean())
        return self

    def admit(self, X: Any, *, fitting: bool = False) -> Tensor:
        """Return pictures as bytes of one size."""
        return admit_pictures(self, X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows of them, and learn means and scales where it is asked for."""
        return take_pictures(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Learn from triplets, by what pictures want."""
        made = []
        if training.validation is None:
            training = replace(training, validation=0.0)
            reason = "one cycle of the rate ends by itself, and who is held back sets the threshold"
            made = [Choice("validation", 0.0, reason)]
        filled, chosen = settle_pictures(training, n_rows, self.picture_shape_)
        if not isinstance(filled.loss, Objective):
            filled.loss = TripletObjective(self.margin)
        return filled, [*made, *chosen]

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return TwinNetwork(build_network(self, self.backbone, sample, n_outputs), unit_length=True)

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

    def score(self, X: Any, y: Any) -> float:
        """Return the area under the ROC curve of all pairs: how surely alike lies nearer than unlike.

        Args:
            X: pictures.
            y: (rows), what or whom each shows.
        """
        apart, same = self._pairs(X, column_or_1d(y))
        return float(roc_auc_score(same, -apart))

    def _pairs(self, X: Any, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances of all pairs of pictures, and whether they are alike."""
        codes = self.transform(X)
        check_consistent_length(codes, labels)
        rows = np.random.default_rng(0).permutation(len(labels))[:MOST_ROWS]
        one, other = np.triu_indices(len(rows), 1)
        apart = torch.pdist(torch.from_numpy(codes[rows])).numpy()
        return apart, labels[rows][one] == labels[rows][other]


def threshold_at(distances: np.ndarray, share: float) -> float:
    """Return the largest distance that at most a share of these does not exceed.

    Args:
        distances: of unlike pairs.
        share: of them that may lie at the threshold or below.

    Example:
        >>> threshold_at(np.array([0.9, 0.3, 0.5, 0.8]), 0.25) < 0.5
        True

    Source:
        Schroff, Kalenichenko and Philbin (2015), "FaceNet: A Unified Embedding for Face Recognition and
        Clustering", arXiv:1503.03832.
    """
    first_too_many = np.sort(distances)[int(share * len(distances))]
    return float(np.nextafter(first_too_many, -np.inf))


def _apart(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from, and those that set the threshold: of other people, where there are enough."""
    people, numbers = np.unique(labels, return_inverse=True)
    everyone = np.arange(len(labels))
    if len(people) < CLASSES_TO_SPARE:
        return everyone, everyone
    learn, held = split_rows(len(labels), fraction=HELD_BACK, groups=numbers, random_state=0)
    shown = len(np.unique(numbers[held]))
    return (learn, held) if 1 < shown < len(held) else (everyone, everyone)
