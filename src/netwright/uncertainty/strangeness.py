"""How unlike the training rows a row is, by what the last layers of a network make of it."""

from dataclasses import dataclass
from typing import Any, Protocol, Self, final

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import logsumexp

from netwright.core.errors import InputError

Features = Float[np.ndarray, "rows features"]


class Strangeness(Protocol):
    """Learns what is usual, and says how strange other rows are.

    Example:
        >>> class Length:
        ...     def fit(self, features, outputs, classes):
        ...         return self
        ...     def score(self, features, outputs):
        ...         return np.linalg.norm(features, axis=1)
        >>> Length().fit(None, None, None).score(np.array([[3.0, 4.0]]), None)
        array([5.])
    """

    def fit(self, features: Features, outputs: np.ndarray, classes: np.ndarray | None) -> Self:
        """Learn from rows that the network has learned from.

        Args:
            features: what the last linear layer is given.
            outputs: what it gives, such as logits.
            classes: number of each row's class; None for regressors.
        """

    def score(self, features: Features, outputs: np.ndarray) -> Float[np.ndarray, "rows"]:
        """Return larger numbers for stranger rows.

        Args:
            features: what the last linear layer is given.
            outputs: what it gives.
        """


@final
@dataclass(eq=False)
class MahalanobisStrangeness:
    """The distance to the nearest mean of a class, measured by the spread of features around their means.

    Use it where training rows cannot be kept; a regressor has one mean for all rows.

        min_c (f - m_c)' S^-1 (f - m_c),   S = the covariance of f - m_class, shared by all classes

    Args:
        ridge: added to the spread in every direction, as a share of the mean one.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(500, 2)) * [1, 10]
        >>> usual = MahalanobisStrangeness().fit(features, features, None)
        >>> near, far = usual.score(np.array([[0.0, 10.0], [10.0, 0.0]]), features[:2])
        >>> bool(far > 50 * near)
        True

    Source:
        Lee, Lee, Lee and Shin (2018), "A Simple Unified Framework for Detecting Out-of-Distribution Samples
        and Adversarial Attacks", arXiv:1807.03888.
        Differs: the features of one layer, and no steps on the input.
    """

    ridge: float = 1e-3

    def fit(self, features: Features, outputs: np.ndarray, classes: np.ndarray | None) -> Self:
        """Learn means and the shared covariance."""
        classes = np.zeros(len(features), dtype=np.int64) if classes is None else classes
        kinds = np.unique(classes)
        self.means_ = np.stack([features[classes == kind].mean(axis=0) for kind in kinds])
        spread = features - self.means_[np.searchsorted(kinds, classes)]
        covariance = spread.T @ spread / len(features)
        mean = float(np.trace(covariance)) / len(covariance) or 1.0
        values, vectors = np.linalg.eigh(covariance + self.ridge * mean * np.eye(len(covariance)))
        self.whitening_ = vectors / np.sqrt(values)
        return self

    def score(self, features: Features, outputs: np.ndarray) -> Float[np.ndarray, "rows"]:
        """Return the squared distances to the nearest mean."""
        means, white = (torch.from_numpy(part @ self.whitening_) for part in (self.means_, features))
        nearest: np.ndarray = torch.cdist(white, means).amin(1).square().numpy()
        return nearest


@final
@dataclass(eq=False)
class EnergyStrangeness:
    """The negative logarithm of the summed exponentials of logits: small logits mean that nothing fits.

    Use it for classifiers; it needs no training rows at all. What softmax divides away, it keeps.

        -T log sum_c e^(logit_c / T)

    Args:
        temperature: T.

    Example:
        >>> EnergyStrangeness().score(np.zeros((1, 1)), np.array([[0.0, 0.0]])).round(3)
        array([-0.693])

    Source:
        Liu, Wang, Owens and Li (2020), "Energy-based Out-of-distribution Detection", arXiv:2010.03759.
    """

    temperature: float = 1.0

    def fit(self, features: Features, outputs: np.ndarray, classes: np.ndarray | None) -> Self:
        """Learn nothing."""
        if classes is None or self.temperature <= 0:
            came = "a regressor" if classes is None else f"temperature {self.temperature}"
            raise InputError("energies need a classifier, and a temperature above 0", came, "take distances")
        return self

    def score(self, features: Features, outputs: np.ndarray) -> Float[np.ndarray, "rows"]:
        """Return the energies; one logit stands for two classes."""
        if outputs.shape[1] == 1:
            outputs = np.concatenate([-outputs, outputs], axis=1) / 2
        energy: np.ndarray = -self.temperature * logsumexp(outputs / self.temperature, axis=1)
        return energy


@final
@dataclass(eq=False)
class NeighbourStrangeness:
    """The distance to the k-th nearest training row, between features of length one.

    Use it as the first choice, while training rows are not too many to be kept. On digits of three classes
    that the network had not seen it warned better than energies, and those better than distances to means.

        |z - z_(k)|,   z = f / |f|

    Args:
        k: which neighbour counts.

    Raises:
        InputError: in fit, when there are fewer rows than k.

    Example:
        >>> features = np.array([[1.0, 0.0], [2.0, 0.1], [0.9, 0.05]])
        >>> usual = NeighbourStrangeness(k=1).fit(features, features, None)
        >>> usual.score(np.array([[5.0, 0.0], [0.0, 1.0]]), features[:2]).round(2).tolist()
        [0.0, 1.37]

    Source:
        Sun, Ming, Zhu and Li (2022), "Out-of-Distribution Detection with Deep Nearest Neighbors",
        arXiv:2204.06507.
    """

    k: int = 1

    def fit(self, features: Features, outputs: np.ndarray, classes: np.ndarray | None) -> Self:
        """Keep the features."""
        if not 1 <= self.k <= len(features):
            raise InputError(
                f"k must be from 1 to the {len(features)} rows", str(self.k), "1 to 50 are usual"
            )
        self.known_ = _of_length_one(features)
        return self

    def score(self, features: Features, outputs: np.ndarray) -> Float[np.ndarray, "rows"]:
        """Return the distances."""
        known, asked = torch.from_numpy(self.known_), torch.from_numpy(_of_length_one(features))
        parts = asked.split(1024)  # type: ignore[no-untyped-call]
        blocks = [torch.cdist(part, known).kthvalue(self.k, dim=1).values for part in parts]
        found: np.ndarray = torch.cat(blocks).double().numpy()
        return found


def _of_length_one(features: Features) -> Features:
    length: Any = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.where(length > 0, length, 1.0), dtype=np.float32)
