"""The pictures that a report shows: where the net errs, where it doubts, and what it learned from."""

import io
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netwright.report import Gallery, Shown
from netwright.training import Training
from netwright.training.callbacks.augmentation import Augmentation
from netwright.workbench.pictures.maps import maps_of
from netwright.workbench.pictures.pictures import Pictures

MOST = 24
LOOKED = "The map below each picture is red where the net saw what it said."


def galleries_of_mistakes(
    pictures: Pictures, truth: np.ndarray, classes: list[str], probability: np.ndarray, model: Any = None
) -> tuple[Gallery, ...]:
    """Return the pictures on which the net is surest and wrong, and those on which it is least sure.

    Args:
        pictures: held out.
        truth: names of their classes.
        classes: names of all.
        probability: (rows, classes).
        model: whose maps stand beside the pictures: what spoke for the class that it said; None for no maps.
    """
    said = probability.argmax(1)
    names = np.asarray(classes)
    right = names[said] == truth
    sure = probability.max(1)
    wrong = np.flatnonzero(~right)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST]
    two = np.sort(probability, axis=1)[:, -2:]
    doubtful = np.argsort(two[:, 1] - two[:, 0], kind="stable")[:MOST]

    def shown(row: int, picture: Tensor, heat: bytes) -> Shown:
        title = f"{truth[row]}" if right[row] else f"{truth[row]}, said {names[said[row]]}"
        first, second = np.argsort(-probability[row], kind="stable")[:2]
        shares = ", ".join(f"{names[k]} {probability[row, k]:.0%}" for k in (first, second))
        described = f"{pictures.names[row]}: {title}; {shares}"
        return Shown(to_png(picture), title, f"{shares} · {pictures.names[row]}", described, heat)

    def gallery(name: str, about: str, rows: np.ndarray) -> Gallery:
        pixels = pictures.some(rows)
        maps = maps_of(model, pixels, said[rows])
        about = f"{about} {LOOKED}" if any(maps) else about
        return Gallery(name, about, tuple(map(shown, rows.tolist(), pixels, maps)))

    about = (
        "The mistakes of which the net was surest: look here for labels that are wrong, and for what the net "
        "overlooks."
    )
    closest = "The net could hardly decide between two classes."
    return gallery("Surely wrong", about, wrong), gallery("Doubtful", closest, doubtful)


def gallery_of_errors(
    pictures: Pictures, truth: np.ndarray, said: np.ndarray, model: Any = None
) -> tuple[Gallery, ...]:
    """Return the pictures about which a predicted number is furthest off.

    Args:
        pictures: held out.
        truth: the numbers.
        said: what the net said.
        model: whose maps stand beside the pictures: what made the number larger; None for no maps.
    """
    rows = np.argsort(-np.abs(truth - said), kind="stable")[:MOST]
    pixels = pictures.some(rows)
    maps = maps_of(model, pixels, None)
    shown = tuple(
        Shown(to_png(picture), f"{truth[row]:.4g}, said {said[row]:.4g}", pictures.names[row], map=heat)
        for row, picture, heat in zip(rows.tolist(), pixels, maps, strict=True)
    )
    about = "Where the net's number errs most."
    if any(maps):
        about += " The map below each picture is red where the net saw what made its number larger."
    return (Gallery("Furthest off", about, shown),)


def gallery_of_augmentations(pictures: Pictures, training: Training, seed: int) -> tuple[Gallery, ...]:
    """Return some training pictures as the net sees them: changed by the augmentations of the recipe.

    Args:
        pictures: learned from.
        training: the recipe that was run.
        seed: of what is drawn.
    """
    steps = [one for one in training.callbacks if isinstance(one, Augmentation)]
    if not steps:
        return ()
    rows = torch.arange(len(pictures))[: MOST // 4].repeat_interleave(4)
    inputs, target = pictures.some(rows), torch.zeros(len(rows), dtype=torch.int64)
    generator = torch.Generator().manual_seed(seed)
    for step in steps:
        inputs, target = step.augmentation(inputs, target, generator)
    shown = tuple(
        Shown(to_png(picture), pictures.names[row])
        for picture, row in zip(inputs, rows.tolist(), strict=True)
    )
    about = "Training pictures after the augmentations, four draws of each: each must still be its class."
    return (Gallery("As the net saw them", about, shown),)


def to_png(picture: Tensor) -> bytes:
    """Return a picture as the bytes of a PNG file.

    Args:
        picture: (channels, height, width) of 1 or 3 channels, or others, of which the mean is shown; floats
            are clipped to bytes.

    Example:
        >>> to_png(torch.zeros(1, 2, 2, dtype=torch.uint8))[1:4]
        b'PNG'
    """
    pixels: Any = picture.detach().cpu()
    if pixels.dtype != torch.uint8:
        pixels = pixels.float().round().clamp(0, 255).to(torch.uint8)
    if pixels.shape[0] not in (1, 3):
        pixels = pixels.float().mean(0, keepdim=True).to(torch.uint8)
    array = pixels[0].numpy() if pixels.shape[0] == 1 else pixels.movedim(0, -1).contiguous().numpy()
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", optimize=True)
    return file.getvalue()
