"""Features of any layer of any network, as a step of a Pipeline."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.data import read_images
from netwright.training.layer_answers import predict_layer


@final
@dataclass(eq=False, repr=False)
class NetworkFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What a layer of a trained network gives for each row, as features for another model.

    Use it where you have few labels and a network that has learned from many rows: without its head it is
    preprocessing, and a linear model on top learns from tens of rows. Nothing of the network is changed, and
    `fit` learns nothing.

        features(x) = layer_l(... layer_1(x))    maps are averaged over their places, or laid out flat

    Args:
        network: a torch module; or a fitted estimator with a network, in a Pipeline inside
            `sklearn.frozen.FrozenEstimator`, since clones forget what an estimator has learned.
        layer: its name as `network.named_modules()` gives it; None for what the last linear layer is given,
            which is the network with its head cut off.
        pooled: whether maps, (channels, rows, columns), become one number for each channel, their mean;
            otherwise all of them are features.
        batch_size: rows that pass the network together.

    Raises:
        InputError: in `fit`, when there is no network or no such layer, or the rows do not pass it.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> from netwright.nets import LeNet5
        >>> X, y = np.random.default_rng(0).random((20, 1, 28, 28)), np.arange(20) % 2
        >>> model = make_pipeline(NetworkFeatures(LeNet5()), LogisticRegression()).fit(X, y)
        >>> model[:-1].transform(X).shape
        (20, 84)

    Source:
        Brownlee (2019), "Transfer Learning in Keras with Computer Vision Models",
        machinelearningmastery.com.
    """

    network: Any = None
    layer: str | None = None
    pooled: bool = True
    batch_size: int = 256

    def fit(self, X: Any, y: Any = None) -> Self:
        """Look whether rows pass the network, and how many features come out.

        Args:
            X: rows as the network takes them, an array or a tensor; paths of pictures; or what the estimator
                reads.
            y: not used.

        Raises:
            InputError: when there is no network or no such layer, or the rows do not pass it.
        """
        if not isinstance(_network(self.network), nn.Module):
            mend = "give a torch module, or a fitted estimator inside FrozenEstimator"
            raise InputError("network must be a network", type(self.network).__name__, mend)
        self.n_features_out_ = self._features(X[:1]).shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return features, (rows, features) of float32.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self, "n_features_out_")
        return self._features(X)

    @property
    def _n_features_out(self) -> int:
        return int(self.n_features_out_)

    def _features(self, X: Any) -> NDArray[np.float32]:
        found = predict_layer(_network(self.network), self._read(X), self.layer, batch_size=self.batch_size)
        if self.pooled and found.ndim == 4:
            found = found.mean((2, 3))
        features: NDArray[np.float32] = found.flatten(1).float().numpy()
        return features

    def _read(self, X: Any) -> Tensor:
        if not isinstance(self.network, nn.Module) and hasattr(self.network, "admit"):
            taken: Tensor = self.network.read(self.network.admit(X))
            return taken
        if not isinstance(X, (np.ndarray, Tensor)) or getattr(X.dtype, "kind", "f") in "OUS":
            return read_images(X).float()
        return torch.as_tensor(X).float()


def _network(given: Any) -> Any:
    """The module itself, or that of a fitted estimator."""
    return given if isinstance(given, nn.Module) else getattr(given, "network_", None)
