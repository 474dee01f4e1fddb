"""Reading pictures for a network: any form in, bytes of one size out, standardised as training rows ask."""

from typing import Any, Protocol, cast

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import ImageFiles, read_images
from netwright.data.images.file_rows import FileRows
from netwright.data.images.fitting import two_sides
from netwright.estimators.backbones import Backbone, make_network
from netwright.layers import Standardise
from netwright.layers.normalisation.standardise import rows_of_a_part
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


def admit_pictures(estimator: ReadsPictures, X: Any, *, fitting: bool) -> Tensor:
    """Return pictures as bytes, of the size and the channels that the estimator learns from or has learned.

    Args:
        estimator: gets `picture_shape_` in fitting.
        X: as `netwright.data.read_images` takes it, or `netwright.data.ImageFiles`, which stay files.
        fitting: whether they are going to be learned from.

    Raises:
        InputError: naming the file or the row that cannot be read, or when pictures have other channels than
            those of training, or are read from files in another size.
    """
    if isinstance(X, (ImageFiles, FileRows)):
        files = X if isinstance(X, FileRows) else FileRows(X)
        return cast("Tensor", _admit_files(estimator, files, fitting=fitting))  # it stands in for one
    layout: Any = "nchw" if isinstance(X, Tensor) and X.ndim == 4 else None  # as torch has it
    if fitting:
        pictures = read_images(X, size=estimator.size, layout=layout)
        channels, height, width = pictures.shape[1:]
        estimator.picture_shape_ = (channels, height, width)
        return pictures
    channels, height, width = estimator.picture_shape_
    return read_images(X, size=(height, width), channels=channels, layout=layout)


class ReadsAnySize(Protocol):
    """An estimator whose pictures may have another size in each call.

    Example:
        >>> from netwright.vision import Segmenter
        >>> hasattr(Segmenter(), "n_channels_")
        False
    """

    n_channels_: int


def admit_any_size(
    estimator: ReadsAnySize, X: Any, *, fitting: bool
) -> UInt8[Tensor, "rows channels height width"]:
    """Return pictures as bytes, of the channels that the estimator has learned and of their own size.

    Args:
        estimator: knows `n_channels_` after fitting.
        X: as `netwright.data.read_images` takes it.
        fitting: whether they are going to be learned from.
    """
    layout: Any = "nchw" if isinstance(X, Tensor) and X.ndim == 4 else None
    return read_images(X, channels=None if fitting else estimator.n_channels_, layout=layout)


def _admit_files(estimator: ReadsPictures, files: FileRows, *, fitting: bool) -> FileRows:
    channels, height, width = files.shape[1:]
    if fitting:
        sides = (height, width) if estimator.size is None else two_sides(estimator.size)
        wanted: tuple[int, ...] = (channels, *sides)
    else:
        wanted = estimator.picture_shape_
    if (channels, height, width) != wanted:
        came = f"{channels} channels of {height} x {width} pixels"
        mend = f"ImageFiles(paths, size={tuple(wanted[1:])}, channels={wanted[0]})"
        form = f"{wanted[0]} channels of {wanted[1]} x {wanted[2]} pixels"
        raise InputError(f"pictures in files must be read with {form}", came, mend)
    if fitting:
        estimator.picture_shape_ = (channels, height, width)
    return files


def take_pictures(
    estimator: ReadsPictures, pictures: Any, *, rows: np.ndarray | None, fitting: bool
) -> Tensor:
    """Return rows of pictures, and learn means and scales of their channels first where it is asked for.

    Args:
        estimator: gets `means_` and `scales_` in fitting.
        pictures: as `admit_pictures` returns them.
        rows: row numbers; None for all.
        fitting: whether these are the rows to learn from.
    """
    taken: Any = pictures
    if rows is not None:
        places = torch.as_tensor(rows)
        in_files = isinstance(pictures, FileRows)
        taken = pictures.take(places) if in_files else pictures.index_select(0, places)
    if fitting:
        if isinstance(taken, FileRows):
            layer = Standardise.of_parts(taken.parts(rows_of_a_part(taken.shape[1:])))
        else:
            layer = Standardise.of(taken)
        estimator.means_, estimator.scales_ = tuple(layer.mean.tolist()), tuple(layer.scale.tolist())
    return cast("Tensor", taken)


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
