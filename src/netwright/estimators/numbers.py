"""Rows of numbers and pictures for networks that give back what they were shown."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from PIL.Image import Image
from sklearn.utils.validation import check_array
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data import read_images, to_frame
from netwright.estimators.heads import Head
from netwright.layers import Standardise


def admit_numbers(X: Any, *, fitting: bool = False, known: Sequence[int] = ()) -> Any:
    """Return a table of numbers, as a data frame or a matrix, or pictures as a tensor of bytes.

    Args:
        X: a table without gaps; or pictures as `netwright.data.read_images` takes them.
        fitting: whether it is going to be learned from, which one row does not allow.
        known: shape of the rows that were learned from; pictures are brought to it.

    Raises:
        ValueError: when X is neither, holds what is no finite number, or is the other than in training.

    Example:
        >>> admit_numbers([[1, 2], [3, 4]]).dtype, admit_numbers(np.zeros((2, 8, 8, 3))).shape
        (dtype('float64'), torch.Size([2, 3, 8, 8]))
    """
    if are_pictures(X):
        return admit_pictures(X, fitting=fitting, known=known)
    n_rows, kinds = 2 if fitting else 1, [np.float64, np.float32]
    frame = to_frame(X) if hasattr(X, "columns") else None
    values = check_array(
        X if frame is None else frame, dtype=kinds, ensure_min_samples=n_rows, input_name="X"
    )
    if len(known) > 1:
        raise _other("a table", known)
    return values if frame is None else frame


def admit_pictures(X: Any, *, fitting: bool = False, known: Sequence[int] = ()) -> Tensor:
    """Return pictures as a tensor of bytes.

    Args:
        X: as `netwright.data.read_images` takes them.
        fitting: whether they are going to be learned from, which one does not allow.
        known: shape of the pictures that were learned from, to which these are brought.

    Raises:
        InputError: when they cannot be read, or when a table was learned from.

    Example:
        >>> admit_pictures(np.zeros((2, 9, 9)), known=(3, 8, 8)).shape
        torch.Size([2, 3, 8, 8])
    """
    if len(known) == 1:
        raise _other("pictures", known)
    if not known:
        pictures = read_images(X)
    elif isinstance(X, Tensor) and X.dtype is torch.uint8 and tuple(X.shape[1:]) == tuple(known):
        return X
    else:
        pictures = read_images(X, size=(known[1], known[2]), channels=known[0])
    if fitting and len(pictures) < 2:
        raise InputError("X must have at least 2 pictures", str(len(pictures)), "give more")
    return pictures


def are_pictures(X: Any) -> bool:
    """Whether X is an array of three axes or four, or a list of files, of Pillow's pictures or of arrays.

    Args:
        X: what the user gave.

    Example:
        >>> are_pictures(np.zeros((2, 8, 8))), are_pictures(["a.png"]), are_pictures([[1, 2]])
        (True, True, False)
    """
    axes = len(getattr(X, "shape", ()))
    if axes:
        return axes in (3, 4) or (axes == 1 and len(X) > 0 and _is_picture(next(iter(X))))
    return isinstance(X, (list, tuple)) and len(X) > 0 and _is_picture(X[0])


def _is_picture(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike, Image)) or len(getattr(value, "shape", ())) in (2, 3)


def _other(came: str, known: Sequence[int]) -> InputError:
    expected = "X must be a table" if len(known) == 1 else "X must be pictures"
    return InputError(f"{expected}, as in fit", came, "give the same kind of rows, or fit again")


def centre_and_scale(values: np.ndarray | Tensor) -> tuple[np.ndarray, float]:
    """Return the mean, and the root of the mean squared distance of a number from it; 1 where that is 0.

    Args:
        values: a table, whose mean is that of each column; or pictures, whose mean is that of each channel.

    Example:
        >>> centre_and_scale(np.array([[0.0, 5.0], [4.0, 5.0]]))
        (array([2., 5.]), 1.4142135623730951)
    """
    if isinstance(values, Tensor):
        layer = Standardise.of(values)
        return layer.mean.numpy(), float(layer.scale.square().mean().sqrt())
    centre = values.mean(axis=0)
    spread = float(np.sqrt(np.square(values - centre).mean()))
    return centre, spread if spread > 1e-12 * float(np.abs(centre).max()) else 1.0


def picture_front(centre: np.ndarray, scale: float) -> Standardise:
    """Return the layer that standardises pictures, all channels by the same scale.

    Args:
        centre: of each channel.
        scale: of all.

    Example:
        >>> picture_front(np.array([1.0, 2.0]), 4.0).scale
        tensor([4., 4.])
    """
    return Standardise(centre.tolist(), [scale] * len(centre))


def to_numbers(X: Any, rows: np.ndarray | None = None) -> np.ndarray | Tensor:
    """Return rows of what `admit_numbers` returned: a table in float64, pictures as they are.

    Args:
        X: admitted.
        rows: which; all of them when None.

    Example:
        >>> to_numbers(np.float32([[1, 2], [3, 4]]), np.array([1]))
        array([[3., 4.]])
    """
    if isinstance(X, Tensor):
        return X if rows is None else X.index_select(0, torch.as_tensor(rows))
    values = np.asarray(X)
    return (values if rows is None else values[rows]).astype(np.float64, copy=False)


def to_tensor(values: np.ndarray | Tensor) -> Tensor:
    """Return numbers as a tensor that shares their memory where it may.

    Args:
        values: numbers.

    Example:
        >>> to_tensor(np.zeros(2))
        tensor([0., 0.], dtype=torch.float64)
    """
    if isinstance(values, Tensor):
        return values
    return torch.from_numpy(np.require(values, requirements=["C", "W"]))


@final
@dataclass(frozen=True)
class PictureHead(Head):
    """Pictures that a network gives back in their own units.

    Args:
        n_numbers: of one picture.
        scale: standard deviation of the training pictures, by which errors are divided.

    Example:
        >>> PictureHead(4, scale=2.0).loss(torch.full((1, 1, 2, 2), 4.0), torch.zeros(1, 1, 2, 2))
        tensor([4.])
    """

    n_numbers: int
    scale: float

    @property
    def n_outputs(self) -> int:
        """One for each number of a picture."""
        return self.n_numbers

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Mean over the picture of the squared error, as a share of the variance."""
        return ((outputs - target) / self.scale).square().flatten(1).mean(1)

    def combine(self, outputs: Tensor) -> Tensor:
        """The mean."""
        return outputs.mean(1)

    def activate(self, outputs: Tensor) -> Tensor:
        """The pictures as they are."""
        return outputs


def check_hidden(hidden: Any) -> Sequence[int]:
    """Return the sizes of hidden layers.

    Args:
        hidden: what the user gave.

    Raises:
        InputError: when they are none.

    Example:
        >>> check_hidden((8, 4))
        (8, 4)
    """
    if not isinstance(hidden, Sequence) or not all(isinstance(size, int) and size > 0 for size in hidden):
        raise InputError("hidden must be the sizes of the hidden layers", repr(hidden), "such as (128, 64)")
    return hidden
