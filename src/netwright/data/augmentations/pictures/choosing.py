"""Which augmentations keep the labels, found out on the pictures themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from netwright.core.errors import InputError
from netwright.data.augmentations.pictures.batch import as_floats, check_pictures
from netwright.data.augmentations.pictures.color_jitter import ColorJitter
from netwright.data.augmentations.pictures.colors import adjust_brightness, adjust_hue
from netwright.data.augmentations.pictures.geometry import affine
from netwright.data.augmentations.pictures.in_turn import Augment, InTurn
from netwright.data.augmentations.pictures.random_affine import RandomAffine
from netwright.data.augmentations.pictures.random_crop import RandomCrop
from netwright.data.augmentations.pictures.random_flip import RandomFlip

MOST_ROWS = 2000
SIDE = 16
"""Pixels of a side at which pictures are compared."""
MOST_LOST = 0.25
"""Share of a class that may come to look like another one, beyond what does so anyway."""
DEGREES, LIGHT, HUE = 10.0, 0.2, 0.1


class Choices(NamedTuple):
    """What was chosen, and why.

    Args:
        augmentation: (inputs, target, generator) -> (inputs, target).
        reasons: a sentence for each change that was thought of, with the numbers that led to it.

    Example:
        >>> Choices(InTurn([]), ["no picture was changed"]).reasons
        ['no picture was changed']
    """

    augmentation: InTurn
    reasons: list[str]


@final
@dataclass(frozen=True)
class _Change:
    """A change that is thought of: how it is tried, what is chosen if it keeps the labels."""

    name: str
    tries: list[Callable[[Tensor], Tensor]]
    chosen: Augment


def choose_augmentation(images: Any, labels: Any = None, *, random_state: int = 0) -> Choices:
    """Return the augmentations that keep what the labels are about, and the reasons.

    Use it to begin with, and read the reasons. Each of flip, shift, turn and colour is tried on up to 2,000
    training pictures, without a network, by nearest neighbours. A change is left out when, of any class, the
    share of pictures that are nearest to another class grows by more than a quarter: so p and q are not
    mirrored, digits neither, and red and green things keep their colours. Shifted pictures are tried the
    other way round, since among pictures that are all centred they have no near neighbours: they join the
    others, and must not draw pictures of other classes to them. Pictures of one channel keep their colours,
    and without classes only shifts are chosen.

    Args:
        images: training pictures, uint8 or floats (rows, channels, height, width), or `ImageFiles`.
        labels: the class of each row; None, or numbers that are no classes, where there are none.
        random_state: draws the pictures that are looked at.

    Raises:
        InputError: when images are not of this form, or labels are not one for each.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from netwright.data import read_images
        >>> X, y = load_digits(return_X_y=True)
        >>> chosen = choose_augmentation(read_images(X.reshape(-1, 8, 8) / 16), y)
        >>> [type(one).__name__ for one in chosen.augmentation.augmentations]
        ['RandomCrop', 'RandomAffine']
        >>> print(chosen.reasons[0])
        flip is left out: ...
    """
    generator = torch.Generator().manual_seed(random_state)
    rows = torch.randperm(len(images), generator=generator)[:MOST_ROWS]
    pictures = images[rows]
    check_pictures(pictures)
    changes = _thought_of(pictures)
    codes = _codes(labels, len(images), rows)
    if codes is None:
        why = "there are no classes by which it could be tried"
        kept = [change for change in changes if change.name == "shift"]
        reasons = [f"{c.name} is {'chosen' if c in kept else 'left out'}: {why}" for c in changes]
    else:
        likeness = _Likeness(pictures, codes[0], codes[1])
        verdicts = [likeness.verdict(change) for change in changes]
        kept = [change for change, (keeps, _) in zip(changes, verdicts, strict=True) if keeps]
        reasons = [reason for _, reason in verdicts]
    if pictures.shape[1] != 3:
        reasons.append("color is left out: the pictures have no colours")
    return Choices(InTurn(tuple(change.chosen for change in kept)), reasons)


def _thought_of(pictures: Tensor) -> list[_Change]:
    height, width = pictures.shape[-2:]
    padding = max(1, min(height, width) // 8)
    changes = [
        _Change("flip", [lambda x: x.flip(-1)], RandomFlip()),
        _Change(
            "shift",
            [_moved(right=s * padding, down=t * padding) for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))],
            RandomCrop(padding, fill="replicate"),
        ),
        _Change("turn", [_moved(angle=DEGREES), _moved(angle=-DEGREES)], RandomAffine(DEGREES)),
    ]
    if pictures.shape[1] == 3:
        tries = [_colored(adjust_hue, HUE), _colored(adjust_hue, -HUE)]
        tries += [_colored(adjust_brightness, 1 + LIGHT), _colored(adjust_brightness, 1 - LIGHT)]
        changes.append(_Change("color", tries, ColorJitter(LIGHT, LIGHT, LIGHT, HUE)))
    return changes


def _moved(angle: float = 0.0, right: float = 0.0, down: float = 0.0) -> Callable[[Tensor], Tensor]:
    def move(pictures: Tensor) -> Tensor:
        one = torch.ones(len(pictures))
        shift = torch.tensor([float(right), float(down)]).expand(len(pictures), 2)
        return affine(pictures, angle=angle * one, shift=shift, scale=one, shear=0 * shift)

    return move


def _colored(change: Callable[[Tensor, Tensor], Tensor], amount: float) -> Callable[[Tensor], Tensor]:
    return lambda pictures: change(pictures, torch.full((len(pictures),), amount))


def _codes(labels: Any, n_rows: int, rows: Tensor) -> tuple[Tensor, list[str]] | None:
    """Classes of the rows as numbers, and their names; None where there are none."""
    if labels is None:
        return None
    values = labels.numpy() if isinstance(labels, Tensor) else np.asarray(labels)
    if len(values) != n_rows:
        raise InputError(
            f"labels must be {n_rows}, one for each picture", f"{len(values)}", "give all of them"
        )
    if values.ndim != 1 or (values.dtype.kind == "f" and (values != np.round(values)).any()):
        return None
    names, codes = np.unique(values[rows.numpy()], return_inverse=True)
    return (
        (torch.from_numpy(codes), [str(name) for name in names]) if 1 < len(names) < len(rows) / 2 else None
    )


class _Likeness:
    """Which class pictures resemble, by their nearest neighbours among the others."""

    def __init__(self, pictures: Tensor, codes: Tensor, names: list[str]) -> None:
        self.pictures, self.codes, self.names = pictures, codes, names
        self.points = _points(pictures)
        self.before = self._nearest(self.points, [self.points])

    def verdict(self, change: _Change) -> tuple[bool, str]:
        """Whether a change keeps the labels, and the reason."""
        changed = [_points(attempt(self.pictures)) for attempt in change.tries]
        if change.name == "shift":
            after = [self._nearest(self.points, [self.points, *changed])]
        else:
            after = [self._nearest(points, [self.points]) for points in changed]
        lost = [self._more_lost(nearest) for nearest in after]  # of each attempt, (classes)
        attempt = max(range(len(lost)), key=lambda number: float(lost[number].max()))
        code, worst = int(lost[attempt].argmax()), float(lost[attempt].max())
        keeps = worst <= MOST_LOST
        head = f"{change.name} is {'chosen' if keeps else 'left out'}: by it"
        if worst <= 0:
            return keeps, f"{head} no more pictures of any class are nearest to another one"
        strangers = after[attempt][(self.codes == code) & (after[attempt] != self.codes)]
        like = self.names[int(strangers.mode().values)]
        grown = f"{100 * worst:.0f} % more of class {self.names[code]!r}"
        return keeps, f"{head} {grown} are nearest to another class, most of them to {like!r}"

    def _nearest(self, points: Tensor, others: list[Tensor]) -> Tensor:
        """The class of the nearest neighbour of each, which is never a picture's own."""
        apart = torch.stack([torch.cdist(points, other) for other in others]).amin(0)
        apart.fill_diagonal_(torch.inf)
        return self.codes[apart.argmin(1)]

    def _more_lost(self, nearest: Tensor) -> Tensor:
        more = (nearest != self.codes).float() - (self.before != self.codes).float()
        return torch.stack([more[self.codes == code].mean() for code in range(len(self.names))])


def _points(pictures: Tensor) -> Tensor:
    floats, white = as_floats(pictures)
    height, width = pictures.shape[-2:]
    return F.adaptive_avg_pool2d(floats / white, (min(height, SIDE), min(width, SIDE))).flatten(1).float()
