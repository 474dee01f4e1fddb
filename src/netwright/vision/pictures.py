"""Reading pictures for a network: any form in, bytes of one size out, standardised as training rows ask."""

from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from netwright.data import read_images
from netwright.estimators.backbones import Backbone, make_network
from netwright.layers import Standardise
from netwright.nets import Standardised


class ReadsPictures(Protocol):
    """An estimator that reads pictures: its setting, and what it has learned of them.

    Example:
        >>> from netwright.vision import ConvNetClassifier
        >>> ConvNetClassifier(size=32).size
        32
    """

    size: int | tuple[int, int] | None
    picture_shape_: tuple[int, int, int]
    means_: tuple[float, ...]
    scales_: tuple[float, ...]


def admit_pictures(
    estimator: ReadsPictures, X: Any, *, fitting: bool
) -> UInt8[Tensor, "rows channels height width"]:
    """Return pictures as bytes, of the size and the channels that the estimator learns from or has learned.

    Args:
        estimator: gets `picture_shape_` in fitting.
        X: as `netwright.data.read_images` takes it.
        fitting: whether they are going to be learned from.

    Raises:
        InputError: naming the file or the row that cannot be read, or when pictures have other channels than
            those of training.
    """
    layout: Any = "nchw" if isinstance(X, Tensor) and X.ndim == 4 else None  # as torch has it
    if fitting:
        pictures = read_images(X, size=estimator.size, layout=layout)
        channels, height, width = pictures.shape[1:]
        estimator.picture_shape_ = (channels, height, width)
        return pictures
    channels, height, width = estimator.picture_shape_
    return read_images(X, size=(height, width), channels=channels, layout=layout)


def take_pictures(
    estimator: ReadsPictures, pictures: Tensor, *, rows: np.ndarray | None, fitting: bool
) -> UInt8[Tensor, "rows channels height width"]:
    """Return rows of pictures, and learn means and scales of their channels first where it is asked for.

    Args:
        estimator: gets `means_` and `scales_` in fitting.
        pictures: as `admit_pictures` returns them.
        rows: row numbers; None for all.
        fitting: whether these are the rows to learn from.
    """
    taken = pictures if rows is None else pictures.index_select(0, torch.as_tensor(rows))
    if fitting:
        layer = Standardise.of(taken)
        estimator.means_, estimator.scales_ = tuple(layer.mean.tolist()), tuple(layer.scale.tolist())
    return taken


def build_network(
    estimator: ReadsPictures, backbone: Backbone | None, sample: torch.Size, n_outputs: int
) -> Standardised:
    """Return a fresh network behind the standardising that the estimator has learned.

    Args:
        estimator: after `take_pictures` in fitting.
        backbone: the estimator's own; None for `PictureNet` of a form that suits the size of the pictures.
        sample: channels, height and width.
        n_outputs: numbers that the head wants for a row.

    Raises:
        InputError: when the backbone is neither a network nor what makes one.
    """
    network = make_network(backbone, sample, n_outputs)
    return Standardised(network, estimator.means_, estimator.scales_)
