"""Honest references for pictures: what a constant and a linear model of the pixels reach."""

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from netwright.data.images.fitting import fit_pictures, to_channels
from netwright.workbench.pictures.pictures import Pictures
from netwright.workbench.references import Reference

MOST_ROWS, SIDE = 10_000, 16
"""Pictures that references learn from at most, and the pixels along each side that they see."""


def small_pixels(pixels: Tensor) -> np.ndarray:
    """Return pictures as rows of few grey pixels.

    Args:
        pixels: uint8 (rows, channels, height, width).

    Example:
        >>> import torch
        >>> small_pixels(torch.zeros(2, 3, 40, 40, dtype=torch.uint8)).shape
        (2, 256)
    """
    grey = to_channels(pixels, 1) if pixels.shape[1] in (3, 4) else pixels
    small = fit_pictures(grey, (SIDE, SIDE), "stretch") if min(grey.shape[2:]) > SIDE else grey
    return small.flatten(1).numpy().astype(np.float32)


def small_rows(pictures: Pictures) -> np.ndarray:
    """Return pictures, some of which may still be in their files, as rows of few grey pixels.

    Args:
        pictures: of any number.
    """
    return np.concatenate([small_pixels(part) for part in pictures.parts()])


def fit_picture_references(
    pictures: Pictures, target: np.ndarray, *, classify: bool, seed: int, go_on: Callable[[], bool]
) -> Iterator[Reference]:
    """Fit the references one after the other.

    Args:
        pictures: to learn from; at most 10,000 of them are used.
        target: of each.
        classify: whether the target holds classes.
        seed: of the choice of rows.
        go_on: asked before each reference; when it says no, the rest is left out.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(target))[:MOST_ROWS])
    inputs = small_rows(pictures.take(rows))
    sample = f"; on {len(rows):,} of {len(target):,} pictures" if len(rows) < len(target) else ""
    constant: Any = DummyClassifier() if classify else DummyRegressor()
    linear: Any = LogisticRegression(C=0.01, max_iter=200) if classify else Ridge(alpha=100)
    notes = (
        ("the shares of the classes", "logistic regression") if classify else ("the mean", "ridge regression")
    )
    seen = f"{notes[1]} of at most {SIDE} x {SIDE} grey pixels"
    models = (
        ("constant", constant, notes[0]),
        ("linear model", make_pipeline(StandardScaler(), linear), seen),
    )
    for name, model, note in models:
        if not go_on():
            return
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(inputs, target[rows])
        yield Reference(name, model, note + sample, time.perf_counter() - start)
