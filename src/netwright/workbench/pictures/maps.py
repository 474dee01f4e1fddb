"""Where the net looked: a map beside each picture of the report."""

from typing import Any

import numpy as np
from torch import Tensor

from netwright.core.errors import InputError
from netwright.explain import grad_cam, heat_png

AT_ONCE = 16
"""Pictures whose gradients are held together."""


def maps_of(model: Any, pixels: Tensor, said: np.ndarray | None) -> list[bytes]:
    """Return for each picture the bytes of a PNG file with what spoke for the answer; empty where none is.

    The maps are Grad-CAM's: the last maps of the net, weighted by what they do to the answer in question. A
    net without convolutions has none.

    Args:
        model: a fitted estimator of pictures, or None.
        pixels: uint8 (rows, channels, height, width).
        said: (rows), numbers of the classes whose maps are wanted; None where the net answers with a number.

    Example:
        >>> import torch
        >>> maps_of(None, torch.zeros(2, 1, 4, 4, dtype=torch.uint8), None)
        [b'', b'']
    """
    if model is None or not len(pixels):
        return [b""] * len(pixels)
    target = None if said is None else model.classes_[said]
    try:
        maps = grad_cam(model, pixels, target, batch_size=AT_ONCE)
    except InputError:  # no convolution, several numbers for a picture, or a layer that is passed twice
        return [b""] * len(pixels)
    return [heat_png(picture, heat) for picture, heat in zip(pixels, maps, strict=True)]
