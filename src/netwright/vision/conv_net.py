"""Convolutional networks for pictures, as classifier and regressor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from netwright.estimators import DeepClassifier, DeepRegressor
from netwright.training import Training
from netwright.training.record import Choice
from netwright.vision.pictures import admit_pictures, build_network, take_pictures
from netwright.vision.recipe import settle_pictures


@final
@dataclass(eq=False, repr=False)
class ConvNetClassifier(DeepClassifier):
    """Convolutional network for labels of pictures.

    Pictures come as arrays of any layout, as lists of paths or of Pillow's pictures (see
    `netwright.data.read_images`), and stay bytes in memory; each channel is standardised by the training rows
    alone. What the recipe leaves open is chosen for pictures: few epochs in one cycle of the learning rate.

        convolution -> activation -> thinning, several times;  mean over all places;  softmax(W h + b)

    Args:
        backbone: a network for the channels and classes there are, which is copied, or what makes one when it
            is called with `channels=` and `n_outputs=`, as the classes of `netwright.nets` do; None for
            `PictureNet`.
        size: pixels to which pictures are brought, (height, width) or one number; None for their own.
        class_weight: None, "balanced", or a weight for each class.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when pictures cannot be read or `backbone` gives no network.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits().images / 16, load_digits().target
        >>> model = ConvNetClassifier(training=Training(epochs=3), random_state=0).fit(X[:900], y[:900])
        >>> model.score(X[900:], y[900:]) > 0.8
        True

    Source:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        doi:10.1109/5.726791.
    """

    backbone: nn.Module | Callable[..., nn.Module] | None = None
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
        """Fill what the recipe leaves open as pictures want it."""
        return settle_pictures(training, n_rows)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return build_network(self, self.backbone, sample, n_outputs)


@final
@dataclass(eq=False, repr=False)
class ConvNetRegressor(DeepRegressor):
    """Convolutional network for one number or several about each picture.

    Targets are standardised while learning; pictures are treated as in `ConvNetClassifier`.

    Args:
        backbone: a network for the channels and targets there are, which is copied, or what makes one when it
            is called with `channels=` and `n_outputs=`; None for `PictureNet`.
        size: pixels to which pictures are brought, (height, width) or one number; None for their own.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Raises:
        InputError: in `fit`, when pictures cannot be read or `backbone` gives no network.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().images / 16
        >>> model = ConvNetRegressor(training=Training(epochs=3), random_state=0)
        >>> model.fit(X[:900], X[:900].mean((1, 2))).score(X[900:], X[900:].mean((1, 2))) > 0.5
        True

    Source:
        LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        doi:10.1109/5.726791.
    """

    backbone: nn.Module | Callable[..., nn.Module] | None = None
    size: int | tuple[int, int] | None = None
    training: Training | None = None
    random_state: Any = None

    def admit(self, X: Any, *, fitting: bool = False) -> Tensor:
        """Return pictures as bytes of one size."""
        return admit_pictures(self, X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return rows of them, and learn means and scales where it is asked for."""
        return take_pictures(self, X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as pictures want it."""
        return settle_pictures(training, n_rows)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network."""
        return build_network(self, self.backbone, sample, n_outputs)
