"""A network that others have trained, used as the classifier that it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import read_images
from netwright.nets import Standardised
from netwright.training import predict


@final
@dataclass(eq=False, repr=False)
class PretrainedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A pretrained network as a classifier of new pictures, without any training.

    Use it where your classes are among those that the network knows; where they are not, take
    `NetworkFeatures`, or the network as the `backbone` of `ConvNetClassifier`. `fit` learns nothing: it looks
    whether the network takes the pictures.

        p = softmax(network((picture / 255 - mean) / scale))

    Args:
        network: takes standardised float32 (rows, channels, height, width) and gives one number for each
            class, as `netwright.nets.load_pretrained` builds it.
        classes: names in the order of the outputs; None for their numbers.
        size: pixels to which pictures are brought and cropped, (height, width) or one number, as the network
            was trained; None for their own.
        mean: of each channel, for values from 0 to 1; torchvision's by default.
        scale: the standard deviation of each channel.
        batch_size: pictures that pass the network together.

    Raises:
        InputError: in `fit`, when there is no network, or it gives another number of answers than there are
            classes.

    Example:
        >>> from netwright.nets import ResNet
        >>> model = PretrainedClassifier(ResNet(n_outputs=3), classes=["cat", "dog", "hen"], size=32)
        >>> pictures = np.zeros((2, 40, 48, 3), dtype=np.uint8)
        >>> model.fit(pictures).predict_proba(pictures).shape
        (2, 3)

    Source:
        Brownlee (2019), "Transfer Learning in Keras with Computer Vision Models",
        machinelearningmastery.com.
    """

    network: Any = None
    classes: Any = None
    size: int | tuple[int, int] | None = None
    mean: Sequence[float] = (0.485, 0.456, 0.406)
    scale: Sequence[float] = (0.229, 0.224, 0.225)
    batch_size: int = 64

    def fit(self, X: Any, y: Any = None) -> Self:
        """Look whether the network takes such pictures, and how many classes it knows.

        Args:
            X: pictures, as `netwright.data.read_images` takes them; one is enough.
            y: labels, of which each must be one of the classes; not learned from.

        Raises:
            InputError: when there is no network, or it gives another number of answers than there are
                classes, or a label is none of them.
        """
        if not isinstance(self.network, nn.Module):
            mend = "build one by netwright.nets.load_pretrained"
            raise InputError("network must be a network", type(self.network).__name__, mend)
        bytes_of = [[255 * one for one in values] for values in (self.mean, self.scale)]
        self.network_ = Standardised(self.network, *bytes_of).eval()
        n_outputs = predict(self.network_, self.admit(X[:1])).shape[1]
        self.classes_ = np.asarray(range(n_outputs) if self.classes is None else self.classes)
        if len(self.classes_) != n_outputs:
            mend = "name them in the order of the network's outputs"
            raise InputError(f"classes must be {n_outputs} names", str(len(self.classes_)), mend)
        unknown = [] if y is None else np.setdiff1d(np.asarray(y), self.classes_).tolist()
        if unknown:
            mend = "fine-tune the network for other classes: ConvNetClassifier(backbone=...)"
            raise InputError("y must hold classes that the network knows", repr(unknown[0]), mend)
        return self

    def admit(self, X: Any) -> UInt8[Tensor, "rows channels height width"]:
        """Return pictures as bytes of one size.

        Args:
            X: as in `fit`.
        """
        layout: Any = "nchw" if isinstance(X, Tensor) and X.ndim == 4 else None
        return read_images(X, size=self.size, channels=len(self.mean), layout=layout, fit="crop")

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Return probabilities, (rows, classes).

        Args:
            X: pictures as in `fit`.
        """
        check_is_fitted(self, "network_")
        outputs: Tensor = predict(self.network_, self.admit(X), batch_size=self.batch_size)
        probability: NDArray[np.float32] = torch.softmax(outputs, dim=1).numpy()
        return probability

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest class of each picture.

        Args:
            X: pictures as in `fit`.
        """
        likeliest = self.predict_proba(X).argmax(1)
        decided: NDArray[Any] = self.classes_[likeliest]
        return decided
