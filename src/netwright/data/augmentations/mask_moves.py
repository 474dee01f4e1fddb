"""Moves of pictures that their masks follow: flips, quarter turns and shifts."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from netwright.core.errors import InputError


@final
@dataclass(frozen=True)
class MaskMoves:
    """Flips, turns and shifts pictures and their masks together, each picture by a draw of its own.

    Use it where each pixel has a class, as `Training(callbacks=[Augmentation(MaskMoves())])` of a
    `vision.Segmenter`: few labelled pictures then serve as many. Leave out the moves that change what a
    picture means, such as `flip_rows` where up and down differ.

        new(i, j) = old(m(i, j)) for picture and mask alike, with one m for each picture

    Pixels that come in at an edge repeat the edge, in the mask too.

    Args:
        flip_columns: whether half of the pictures are mirrored left to right.
        flip_rows: whether half of them are mirrored top to bottom.
        turn: whether half of them, where they are square, have rows and columns exchanged, which with both
            flips gives all quarter turns.
        shift: share of the height and of the width by which a picture may move, either way.

    Raises:
        InputError: when shift is not from 0 to below 1, or masks do not fit the pictures.

    Example:
        >>> picture = torch.arange(4.0).reshape(1, 1, 2, 2)
        >>> moved, mask = MaskMoves()(picture, picture[:, 0].long(), torch.Generator().manual_seed(0))
        >>> torch.equal(moved[:, 0].long(), mask)
        True

    Source:
        Ronneberger, Fischer and Brox (2015), "U-Net: Convolutional Networks for Biomedical Image
        Segmentation", arXiv:1505.04597.
        Differs: the paper's elastic deformations are not among the moves.
    """

    flip_columns: bool = True
    flip_rows: bool = True
    turn: bool = False
    shift: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.shift < 1:
            raise InputError("shift must be a share from 0 to below 1", str(self.shift), "0.1 is usual")

    def __call__(self, inputs: Tensor, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the batch with its pictures and masks moved.

        Args:
            inputs: pictures, (batch, channels, height, width).
            target: masks, (batch, height, width).
            generator: on the processor; draws the moves.
        """
        n_rows, _, height, width = inputs.shape
        if target.shape != (n_rows, height, width):
            expected = f"masks must be of shape {(n_rows, height, width)}, as the pictures are"
            raise InputError(expected, str(tuple(target.shape)), "give one class number for each pixel")
        drawn = torch.rand(n_rows, 5, generator=generator).to(inputs.device)
        rows = _places(height, drawn[:, 0] < 0.5 * self.flip_rows, (2 * drawn[:, 1] - 1) * self.shift)
        columns = _places(width, drawn[:, 2] < 0.5 * self.flip_columns, (2 * drawn[:, 3] - 1) * self.shift)
        places = rows[:, :, None] * width + columns[:, None, :]  # (batch, height, width)
        if self.turn and height == width:
            places = torch.where((drawn[:, 4] < 0.5)[:, None, None], places.mT, places)
        flat = places.flatten(1)
        pictures = inputs.flatten(2).gather(2, flat[:, None].expand(-1, inputs.shape[1], -1))
        return pictures.view(inputs.shape), target.flatten(1).gather(1, flat).view(target.shape)


def _places(pixels: int, mirrored: Tensor, shift: Tensor) -> Tensor:
    """Where each pixel along an axis comes from, (batch, pixels)."""
    place = torch.arange(pixels, device=shift.device)[None] + (shift * pixels).round().long()[:, None]
    place = place.clamp(0, pixels - 1)
    return torch.where(mirrored[:, None], pixels - 1 - place, place)
