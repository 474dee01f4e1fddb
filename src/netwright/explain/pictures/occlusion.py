"""Occlusion: what an answer loses when a part of the picture is covered."""

from typing import Any

import torch
from torch import Tensor

from netwright.core.errors import InputError
from netwright.explain.pictures.view import View, at_rest, look


def occlusion_sensitivity(
    model: Any,
    images: Any,
    target: Any = None,
    *,
    patch: int | None = None,
    stride: int | None = None,
    fill: float | None = None,
    batch_size: int = 256,
) -> Tensor:
    """Return what an answer loses when a square of the picture is covered, at every place.

    Use it for any network at all, also where a gradient says nothing: it needs answers alone, and says what
    happens instead of what would happen after a very small step. It asks the network about as many pictures
    as there are places. Squares hang over the edges, so that all pixels are covered equally often.

        map(x, y) = mean over squares s around (x, y) of answer_c(picture) - answer_c(picture with s covered)

    Args:
        model: a network, or a fitted estimator of `netwright.vision`.
        images: (rows, channels, height, width); all that the estimator reads.
        target: number of an output, or label of an estimator; one, or one for each row; None for the
            likeliest.
        patch: side of the square in pixels; None for a quarter of the shorter side of the picture.
        stride: pixels between two squares; None for a third of the patch.
        fill: what covers, in units of the picture; None for the mean of each channel of the picture itself.
        batch_size: covered pictures at once.

    Returns:
        Maps (rows, height, width) in units of the answer; negative where the covered part spoke against it.

    Raises:
        InputError: when the patch does not fit into the pictures, or the stride leaves pixels out.

    Example:
        >>> from netwright.nets import ConvNet
        >>> occlusion_sensitivity(ConvNet(), torch.rand(2, 1, 28, 28), target=3).shape
        torch.Size([2, 28, 28])

    Source:
        Zeiler and Fergus (2013), "Visualizing and Understanding Convolutional Networks", arXiv:1311.2901.

        Differs: the answer before the softmax is compared, which still moves where the network is sure.
    """
    view = look(model, images, target)
    height, width = view.images.shape[2:]
    patch = patch if patch is not None else max(min(height, width) // 4, 1)
    stride = stride if stride is not None else max(patch // 3, 1)
    if not 1 <= patch <= min(height, width) or not 1 <= stride <= patch:
        came = f"{patch} and {stride} for pictures of {height} x {width}"
        mend = "leave both out for squares of a quarter of the picture"
        raise InputError("patch must fit into the pictures, and stride be from 1 to patch", came, mend)
    squares = _squares(height, width, patch, stride)
    drops = _drops(view, squares, fill, batch_size)
    seen = torch.einsum("rs,syx->ryx", drops, squares.float())
    return seen / squares.sum(0)


def _squares(height: int, width: int, patch: int, stride: int) -> Tensor:
    """(squares, height, width), True where each covers; together they cover everything."""
    down, across = _covered(height, patch, stride), _covered(width, patch, stride)
    return (down[:, None, :, None] & across[None, :, None, :]).flatten(0, 1)


def _covered(side: int, patch: int, stride: int) -> Tensor:
    starts = torch.arange(stride - patch, side, stride)  # over the edge, so that no pixel is covered less
    place = torch.arange(side)
    return (place >= starts[:, None]) & (place < starts[:, None] + patch)


def _drops(view: View, squares: Tensor, fill: float | None, batch_size: int) -> Tensor:
    """(rows, squares), by how much each answer falls."""
    n_squares, n_rows = len(squares), len(view.images)
    means = view.images.mean((2, 3), keepdim=True)
    cover = means if fill is None else torch.full_like(means, fill)
    pairs = torch.arange(n_rows * n_squares)
    with at_rest(view.network) as device, torch.no_grad():

        def scores(pictures: Tensor, rows: Tensor) -> Tensor:
            return view.score(view.network(pictures.to(device)), rows).cpu()

        whole = torch.cat(
            [scores(view.images[rows], rows) for rows in _split(torch.arange(n_rows), batch_size)]
        )
        covered = torch.cat(
            [
                scores(torch.where(squares[part % n_squares][:, None], cover[rows], view.images[rows]), rows)
                for part in _split(pairs, batch_size)
                for rows in [part // n_squares]
            ]
        )
    return whole[:, None] - covered.view(n_rows, n_squares)


def _split(rows: Tensor, batch_size: int) -> tuple[Tensor, ...]:
    parts: tuple[Tensor, ...] = rows.split(batch_size)  # type: ignore[no-untyped-call]
    return parts
