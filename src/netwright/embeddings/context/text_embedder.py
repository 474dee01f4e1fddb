"""The contract of what gives one vector to each text."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin


class TextEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """What gives one vector to each text.

    Example:
        >>> class Lengths(TextEmbedder):
        ...     def fit(self, X, y=None):
        ...         return self
        ...     def transform(self, X):
        ...         return np.array([[len(one)] for one in X], np.float32)
        ...     @property
        ...     def width_(self):
        ...         return 1
        >>> Lengths().get_feature_names_out().tolist()
        ['lengths0']
    """

    @property
    @abstractmethod
    def width_(self) -> int:
        """Features of each text's vector."""

    @abstractmethod
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the vectors of texts, (texts, width).

        Args:
            X: texts, or lists of tokens.
        """

    @property
    def _n_features_out(self) -> int:
        return self.width_
