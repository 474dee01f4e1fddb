"""The abstract embedder: rows in, codes out, and rows again where the network has a decoder."""

from abc import ABC
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data
from torch import Tensor

from netwright.core.errors import InputError
from netwright.estimators.deep_estimator import DeepEstimator
from netwright.estimators.heads import Head, RegressionHead
from netwright.estimators.numbers import (
    PictureHead,
    admit_numbers,
    centre_and_scale,
    to_numbers,
    to_tensor,
)


def _decodes(embedder: "DeepEmbedder") -> bool:
    return embedder.decodes


class DeepEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DeepEstimator, ABC):  # type: ignore[misc]
    """What embedders of tables and pictures share: rows become codes, by a network that has `encode`.

    Tables of finite numbers are centred and divided by one number for all columns, so that errors keep the
    proportions that they have in X: bring columns to scales that compare first, as for principal components.
    Pictures, in any form that `netwright.data.read_images` takes, become bytes, from 0 to 255, and stay so in
    memory: the network standardises them and gives such numbers back.
    A final embedder has a field `width`, the numbers of a code, and gives `build`: a network with `encode`,
    and `decode` unless its class says `decodes = False`. After `fit` it has `centre_` and `scale_`.

    Example:
        >>> from netwright.embeddings import Autoencoder
        >>> from netwright.training import Training
        >>> X = np.random.default_rng(0).normal(size=(40, 6))
        >>> model = Autoencoder(width=2, training=Training(epochs=1), random_state=0)
        >>> isinstance(model, DeepEmbedder), model.fit_transform(X).shape
        (True, (40, 2))
        >>> model.inverse_transform(model.transform(X)).shape
        (40, 6)
    """

    decodes: ClassVar[bool] = True
    width: int
    centre_: np.ndarray
    scale_: float

    def admit(self, X: Any, *, fitting: bool = False) -> Any:
        """Check X and return it as a table of numbers or as pictures."""
        if fitting and not (isinstance(self.width, int) and self.width > 0):
            raise InputError("width must be a whole number from 1", repr(self.width), "32 is usual")
        known = () if fitting else getattr(self, "sample_shape_", ())
        return admit_numbers(X, fitting=fitting, known=known)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return a table centred and scaled, or pictures as they are."""
        values = to_numbers(X, rows)
        if fitting:
            self.centre_, self.scale_ = centre_and_scale(values)
        if isinstance(values, Tensor):
            return values
        return to_tensor((values - self.centre_) / self.scale_).float()

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the network to rows, without labels.

        Args:
            X: a table of numbers without gaps, or pictures.
            y: passed over.
            sample_weight: (rows), how much each row counts.

        Raises:
            ValueError: when X cannot be used; the message says what to do.
        """
        X = self.admit(X, fitting=True)
        validate_data(self, X, skip_check_array=True)
        self._learn(X, to_tensor(to_numbers(X)), self.head, sample_weight=sample_weight)
        return self

    def head(self, target: Tensor) -> Head:
        """Return the head for the rows to learn from.

        Args:
            target: the rows.
        """
        if target.ndim == 4:
            return PictureHead(target[0].numel(), self.scale_)
        return RegressionHead(tuple(self.centre_.tolist()), (self.scale_,) * target.shape[1])

    def transform(self, X: Any) -> np.ndarray:
        """Return codes, (rows, width), in float32.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self)
        codes: np.ndarray = self._ask(X, lambda block: self.network_.encode(block)).numpy()  # type: ignore[operator]
        return codes

    @available_if(_decodes)  # type: ignore[untyped-decorator]
    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the rows that codes stand for, in the units of `fit`.

        Args:
            X: codes, (rows, width).
        """
        check_is_fitted(self)
        codes = torch.from_numpy(check_array(X, dtype=np.float32, input_name="X", copy=True))
        if codes.shape[1] != self.width:
            raise InputError(
                f"codes must have {self.width} columns", str(codes.shape[1]), "give what transform gives"
            )
        return self._rows(self._ask_inputs(codes, lambda block: self.network_.decode(block)))  # type: ignore[operator]

    @available_if(_decodes)  # type: ignore[untyped-decorator]
    def reconstruct(self, X: Any) -> np.ndarray:
        """Return what the network makes of rows, in their own units: `inverse_transform` of `transform`.

        Args:
            X: rows as in `fit`.
        """
        check_is_fitted(self)
        return self._rows(self._ask(X, self.network_))

    @available_if(_decodes)  # type: ignore[untyped-decorator]
    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Return the mean squared error of each row, (rows), in the units of X.

        Args:
            X: rows as in `fit`.
        """
        rebuilt = self.reconstruct(X)
        difference = np.asarray(to_numbers(self.admit(X))) - rebuilt
        errors: np.ndarray = np.square(difference).reshape(len(rebuilt), -1).mean(1)
        return errors

    def _rows(self, outputs: Tensor) -> np.ndarray:
        """Outputs in the units of X: tables in float64, in which they were centred."""
        rows: np.ndarray = self.head_.activate(outputs if outputs.ndim == 4 else outputs.double()).numpy()
        return rows

    @property
    def _n_features_out(self) -> int:
        return self.width

    def __sklearn_tags__(self) -> Any:
        """Say that only finite numbers are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = False
        tags.transformer_tags.preserves_dtype = []
        return tags
