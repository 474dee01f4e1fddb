"""Segmentation: pictures in, a class for each pixel out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast, final

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import class_weights
from netwright.estimators import DeepEstimator
from netwright.metrics import mean_iou
from netwright.nets import UNet
from netwright.training import Training
from netwright.training.record import Choice
from netwright.vision.pictures import ReadsPictures, admit_any_size, build_network, take_pictures
from netwright.vision.pixel_head import UNLABELLED, PixelHead
from netwright.vision.recipe import settle_pictures

PIXELS_AT_ONCE = 2**16
"""Of pictures that are predicted together."""


@final
@dataclass(eq=False, repr=False)
class Segmenter(DeepEstimator):
    """Gives each pixel of a picture a class.

    Use it where it matters what lies where, down to the outline. Pictures of one call have one size, which
    may be odd, and pictures to predict may have another size than those of training. Pixels whose class is
    below zero are not labelled and count for nothing. To learn from few pictures, let pictures and masks move
    together: `Training(callbacks=[Augmentation(MaskMoves())])`; where a class is small,
    `Training(loss=DiceLoss())` or `class_weight="balanced"`.

    After `fit` it has `classes_`, the class numbers in the order of `predict_proba`.

    Args:
        backbone: a network, or what makes one when called with `channels=` and `n_outputs=`, that answers
            with (rows, n_outputs, height, width), such as `netwright.nets.FCN`; None for a `UNet` whose depth
            follows the size of the pictures.
        class_weight: None, "balanced", or a dictionary from class number to weight.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat(np.repeat(rng.integers(0, 2, (40, 4, 4)), 3, 1), 3, 2)  # blocks of 3 x 3 pixels
        >>> X = np.uint8(100 * y + rng.integers(0, 60, y.shape))[:, None]
        >>> model = Segmenter(training=Training(epochs=10, learning_rate=0.01), random_state=0).fit(X, y)
        >>> model.predict(X).shape, model.score(X, y) > 0.9
        ((40, 12, 12), True)

    Source:
        Ronneberger, Fischer and Brox (2015), "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", arXiv:1505.04597; Long, Shelhamer and Darrell (2014), "Fully Convolutional Networks for
        Semantic Segmentation", arXiv:1411.4038.
    """

    backbone: nn.Module | Callable[..., nn.Module] | None = None
    class_weight: Any = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Fit the network.

        Args:
            X: pictures, as `netwright.data.read_images` takes them.
            y: class numbers, (rows, height, width); below zero where a pixel has no label.
            sample_weight: (rows), how much each picture counts.
            groups: (rows); pictures of one group, such as one patient, stay on one side of the validation.

        Raises:
            InputError: when pictures or masks cannot be used, or do not fit each other.
        """
        pictures = self.admit(X, fitting=True)
        masks = _masks(y, (len(pictures), *pictures.shape[2:]))
        self.n_channels_ = pictures.shape[1]
        labelled = masks >= 0
        self.classes_ = np.unique(masks[labelled])
        if len(self.classes_) < 2:
            raise InputError(
                "y must hold two classes or more", f"{self.classes_.tolist()}", "the background is one"
            )
        numbers = np.where(labelled, np.searchsorted(self.classes_, masks), UNLABELLED)
        target = torch.from_numpy(numbers)
        self._learn(pictures, target, self._head, sample_weight=sample_weight, groups=groups)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each pixel, (rows, height, width).

        Args:
            X: pictures as in `fit`, of any size.
        """
        chosen: np.ndarray = self.classes_[self._logits(X).argmax(1).numpy()]
        return chosen

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class at each pixel, (rows, classes, height, width).

        Args:
            X: pictures as in `fit`, of any size.
        """
        probability: np.ndarray = self.head_.activate(self._logits(X)).numpy()
        return probability

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the mean intersection over union, of labelled pixels.

        Args:
            X: pictures.
            y: their masks.
            sample_weight: (rows).
        """
        masks, found = np.asarray(y), self.predict(X)
        everything = np.union1d(self.classes_, masks[masks >= 0])
        truth = np.where(masks >= 0, np.searchsorted(everything, masks), -1)
        numbers = np.searchsorted(everything, found)
        return mean_iou(truth, numbers, sample_weight=sample_weight, ignore=-1)

    def admit(self, X: Any, *, fitting: bool = False) -> Tensor:
        """Return pictures as bytes, (rows, channels, height, width).

        Args:
            X: as `netwright.data.read_images` takes it.
            fitting: whether they are going to be learned from.
        """
        return admit_any_size(self, X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return pictures of these rows, and learn means and scales of their channels where asked to."""
        return take_pictures(cast("ReadsPictures", self), X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as pictures want it."""
        return settle_pictures(training, n_rows)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network behind the standardising of its pictures."""
        depth = max(1, min(4, int(math.log2(max(min(sample[1:]), 8) / 4))))
        backbone = self.backbone or partial(UNet, depth=depth)
        return build_network(cast("ReadsPictures", self), backbone, sample, n_outputs)

    def _head(self, target: Tensor) -> PixelHead:
        n_classes = len(self.classes_)
        if self.class_weight is None:
            return PixelHead(n_classes)
        numbers = target[target != UNLABELLED].numpy()
        weights = class_weights(self.classes_[numbers], self.class_weight)
        return PixelHead(n_classes, tuple(weights.get(name, 1.0) for name in self.classes_.tolist()))

    def _logits(self, X: Any) -> Tensor:
        check_is_fitted(self)
        pictures = self.admit(X)
        n_rows = max(1, PIXELS_AT_ONCE // (pictures.shape[2] * pictures.shape[3]))
        with self._ready(pictures) as device:
            parts = [self.network_(part.to(device)).cpu() for part in torch.split(pictures, n_rows)]
        return torch.cat(parts)


def _masks(y: Any, shape: tuple[int, ...]) -> np.ndarray:
    masks = np.asarray(y)
    if masks.dtype.kind not in "iub" or masks.shape != shape:
        raise InputError(
            f"y must be whole class numbers of shape {shape}, one for each pixel",
            f"{masks.dtype} of shape {masks.shape}",
            "give masks of the pictures' size",
        )
    return masks.astype(np.int64)
