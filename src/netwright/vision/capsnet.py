"""Capsule networks for pictures, as classifier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.estimators import DeepClassifier
from netwright.layers import Standardise
from netwright.losses import CapsuleMarginLoss
from netwright.nets import CapsNet, CapsuleDecoder
from netwright.training import Batch, Objective, Training
from netwright.training.record import Choice
from netwright.vision.pictures import admit_pictures, take_pictures
from netwright.vision.recipe import settle_pictures

KERNEL = 9
"""Pixels along each side of the paper's kernels, which saw pictures of 28 pixels."""

SHORTEST = 1e-6
"""Length that a capsule's logarithm is taken of at least."""


@final
@dataclass(eq=False, repr=False)
class CapsNetClassifier(DeepClassifier):
    """Capsule network for labels of small pictures.

    Use it where things come shifted or turned, or where parts in the wrong places should make the network
    doubt; for large pictures it is slow. Capsules of parts vote for the whole, and are heard in so far as
    they agree; beside the margin loss a decoder learns to draw the picture again from the capsule of its
    class. The lengths of capsules are probabilities for each class by itself; `predict_proba` divides them
    by their sum, and `lengths` gives them as they are. A row may have several labels.

        v = routed(capsules(x)),   p_k = ||v_k|| / sum_j ||v_j||
        loss = margin(||v||) + reconstruction * ||x - decoder(v_y)||^2

    Pictures are read as `ConvNetClassifier` reads them.

    Args:
        maps: of the first convolution.
        n_types: capsules of parts at each place.
        kernel_size: pixels that the first convolution and a part's capsule see along each side; None for a
            third of the pictures' side, 9 at most.
        n_iterations: of the routing.
        reconstruction: weight of the squared error of the picture, whose pixels are from 0 to 1.
        hidden: units of the decoder's hidden layers.
        size: pixels to which pictures are brought, (height, width) or one number; None for their own.
        class_weight: None, "balanced", or a weight for each class.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when pictures cannot be read or are smaller than 5 x 5 pixels, or when
            `reconstruction` is below 0.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits().images / 16, load_digits().target
        >>> model = CapsNetClassifier(maps=16, n_types=2, training=Training(epochs=4), random_state=0)
        >>> model.fit(X[:900], y[:900]).score(X[900:], y[900:]) > 0.8
        True

    Source:
        Sabour, Frosst and Hinton (2017), "Dynamic Routing Between Capsules", arXiv:1710.09829.
    """

    maps: int = 64
    n_types: int = 8
    kernel_size: int | None = None
    n_iterations: int = 3
    reconstruction: float = 0.0005
    hidden: Sequence[int] = (512, 1024)
    size: int | tuple[int, int] | None = None
    class_weight: Any = None
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> Tensor:
        """Return pictures as bytes of one size."""
        return admit_pictures(self, X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows of them, and learn means and scales where it is asked for."""
        return take_pictures(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as pictures want it, and the loss of capsules."""
        filled, made = settle_pictures(training, n_rows)
        if filled.loss is None:
            filled = replace(filled, loss=CapsuleObjective(self.reconstruction))
        return filled, made

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        channels, height, width = sample
        kernel = self.kernel_size or min(KERNEL, max(3, min(height, width) // 3))
        several = self.labels_kind_ in ("multi", "soft-multi")
        network = CapsNet(
            max(n_outputs, 1 if several else 2),
            channels,
            (height, width),
            maps=self.maps,
            n_types=self.n_types,
            kernel_size=kernel,
            n_iterations=self.n_iterations,
        )
        _, n_classes, units, _ = network.routed.weight.shape
        decoder = CapsuleDecoder(n_classes, units, (channels, height, width), self.hidden)
        return CapsuleLogits(Standardise(self.means_, self.scales_), network, decoder, several)

    def lengths(self, X: Any) -> np.ndarray:
        """Return how long the capsule of each class is, (rows, classes): how likely it is in the picture.

        Args:
            X: pictures as in `fit`.
        """
        outputs = self._outputs(X)
        if self.labels_kind_ in ("multi", "soft-multi"):
            return outputs.sigmoid().numpy()
        if outputs.shape[1] == 1:
            raise InputError(
                "lengths need three classes or several labels", "two classes", "see predict_proba"
            )
        return outputs.exp().numpy()


@final
class CapsuleLogits(nn.Module):
    """What an estimator trains: bytes in, and numbers out whose softmax are the lengths over their sum.

    Args:
        standardise: of the pixels.
        network: the capsules.
        decoder: draws pictures from them; in training alone.
        several: whether the classes stand by themselves: the sigmoid of a number is then the length.

    Example:
        >>> decoder = CapsuleDecoder(3, 16, (1, 8, 8))
        >>> network = CapsuleLogits(Standardise([9.0], [2.0]), CapsNet(3, side=8), decoder)
        >>> logits = network(torch.randint(0, 255, (2, 1, 8, 8), dtype=torch.uint8))
        >>> torch.allclose(logits.softmax(1).sum(1), torch.ones(2))
        True
    """

    def __init__(
        self, standardise: Standardise, network: CapsNet, decoder: CapsuleDecoder, several: bool = False
    ) -> None:
        super().__init__()
        self.standardise, self.network, self.decoder, self.several = standardise, network, decoder, several

    def forward(self, x: Tensor) -> Tensor:
        lengths = torch.linalg.vector_norm(self.capsules(x), dim=2)
        logarithms: Tensor = lengths.clamp_min(SHORTEST).log()
        if self.several:
            return logarithms - torch.log1p(-lengths.clamp_max(1 - SHORTEST))
        return logarithms if lengths.shape[1] > 2 else logarithms[:, 1:] - logarithms[:, :1]

    def capsules(self, x: Tensor) -> Tensor:
        """Return the vector of each class.

        Args:
            x: pictures, bytes.
        """
        return self.network.capsules(self.standardise(x))


@final
class CapsuleObjective(Objective):
    """The margin loss of capsules, and the squared error of the picture that is drawn from them.

    Args:
        reconstruction: weight of the squared error, summed over pixels from 0 to 1.

    Raises:
        InputError: when it is below 0.

    Example:
        >>> CapsuleObjective(0.0).reconstruction
        0.0
    """

    def __init__(self, reconstruction: float = 0.0005) -> None:
        if reconstruction < 0:
            raise InputError(
                "reconstruction must be 0 or above", str(reconstruction), "0.0005 is the paper's"
            )
        self.reconstruction = reconstruction
        self.margin = CapsuleMarginLoss(reduction="none")

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the weighted mean loss over rows."""
        parts: Any = network  # a CapsuleLogits, perhaps wrapped
        capsules = parts.capsules(batch.inputs)
        there = _there(batch.target, capsules.shape[1])
        rows: Tensor = self.margin(torch.linalg.vector_norm(capsules, dim=2), there)
        if self.reconstruction:
            drawn = parts.decoder(capsules, there)
            rows = rows + self.reconstruction * (drawn - batch.inputs / 255).square().flatten(1).sum(1)
        return rows.mean() if batch.weight is None else (rows * batch.weight).mean()


def _there(target: Tensor, n_classes: int) -> Tensor:
    """0 to 1 for each class: of class numbers, of the second of two classes, or as it is."""
    if target.ndim == 2:
        return target.float()
    if target.is_floating_point():
        return torch.stack([1 - target, target], 1).float()
    return F.one_hot(target, n_classes).float()
