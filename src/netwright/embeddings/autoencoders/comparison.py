"""Ways of making rows short, side by side."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.decomposition import PCA, FastICA, KernelPCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from netwright.core.errors import InputError
from netwright.embeddings.autoencoders.autoencoder import Autoencoder
from netwright.estimators import DeepEmbedder
from netwright.estimators.numbers import admit_pictures, are_pictures


def compare_reductions(
    X: Any,
    new_X: Any,
    y: Any = None,
    new_y: Any = None,
    *,
    width: int = 8,
    methods: Mapping[str, Any] | None = None,
    n_neighbors: int = 5,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Return a table of how well short codes keep what rows hold, one line for each method.

    Use it before an autoencoder goes into a pipeline: principal components are quicker, and on straight data
    as good. Every method is fitted to the one part of the rows, and judged by the other.

        reconstruction_error = mean |x - g(f(x))|^2 over all numbers of new rows
        trustworthiness = 1 - how far in X those stand that the codes put next to each other
        neighbours_accuracy = share of new rows whose class the nearest codes of old rows tell

    Args:
        X: rows to fit, a table of numbers or pictures; scikit-learn's methods get pictures laid out.
        new_X: rows to judge by.
        y: classes of the rows to fit; None leaves the accuracy out.
        new_y: classes of the rows to judge by.
        width: numbers of a code, for the methods that come by default.
        methods: unfitted transformers by their names; None for principal components, independent
            components, kernel principal components and an `Autoencoder`.
        n_neighbors: of trustworthiness and accuracy.
        random_state: seed, for the methods that come by default.

    Raises:
        InputError: when classes are given for only one of the two parts.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X, y = load_digits(return_X_y=True)
        >>> methods = {"PCA": PCA(4), "ICA": FastICA(4, random_state=0)}
        >>> table = compare_reductions(X[:900], X[900:], y[:900], y[900:], methods=methods)
        >>> table.index.tolist(), table.columns.tolist()
        (['PCA', 'ICA'], ['reconstruction_error', 'trustworthiness', 'neighbours_accuracy'])
        >>> bool(np.isclose(*table["reconstruction_error"]))
        True

    Source:
        Venna and Kaski (2001), "Neighborhood Preservation in Nonlinear Projection Methods: An Experimental
        Study", ICANN; the comparison: Hinton and Salakhutdinov (2006), "Reducing the Dimensionality of Data
        with Neural Networks", doi:10.1126/science.1127647.
    """
    if (y is None) != (new_y is None):
        raise InputError("y and new_y must be given together", "one of them", "give both, or neither")
    if methods is None:
        methods = {
            "PCA": PCA(width),
            "FastICA": FastICA(width, random_state=random_state, max_iter=1000),
            "KernelPCA": KernelPCA(width, kernel="rbf", fit_inverse_transform=True),
            "Autoencoder": Autoencoder(width=width, random_state=random_state),
        }
    lines = {}
    for name, method in methods.items():
        fitted = clone(method).fit(_laid_out(method, X))
        codes, new_codes = (fitted.transform(_laid_out(method, rows)) for rows in (X, new_X))
        line = {
            "reconstruction_error": _error(fitted, new_codes, new_X),
            "trustworthiness": float(trustworthiness(_flat(new_X), new_codes, n_neighbors=n_neighbors)),
        }
        if y is not None:
            judge = KNeighborsClassifier(n_neighbors).fit(codes, y)
            line["neighbours_accuracy"] = float(judge.score(new_codes, new_y))
        lines[name] = line
    return pd.DataFrame.from_dict(lines, orient="index")


def _error(fitted: Any, codes: np.ndarray, rows: Any) -> float:
    """The mean squared error; not a number where a method cannot go back."""
    if not hasattr(fitted, "inverse_transform"):
        return float("nan")
    rebuilt = np.asarray(fitted.inverse_transform(codes), dtype=np.float64)
    return float(np.square(rebuilt.reshape(len(rebuilt), -1) - _flat(rows)).mean())


def _laid_out(method: Any, rows: Any) -> Any:
    return rows if isinstance(method, DeepEmbedder) else _flat(rows)


def _flat(rows: Any) -> np.ndarray:
    """Rows of numbers; pictures as the bytes that an autoencoder of pictures gives back."""
    if are_pictures(rows):
        rows = admit_pictures(rows)
    values = np.asarray(rows, dtype=np.float64)
    return values.reshape(len(values), -1)
