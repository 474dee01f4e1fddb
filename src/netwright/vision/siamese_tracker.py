"""Following one thing through a clip, given where it is in the first picture."""

from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.nets import SiameseFC
from netwright.training.bar import progress_bar

FINER = 4
"""Into how many parts the distance of two places of the map is cut to find the highest score."""
BATCH = 32


@final
@dataclass(eq=False, repr=False)
class SiameseTracker(BaseEstimator):  # type: ignore[misc]
    """Follow a thing through the pictures of a clip, whatever it is.

    Use it where a thing is shown once by a box and is to be found in the pictures that follow. It learns from
    clips in which boxes are known how to compare; the things it follows later need not be like those. In each
    picture it looks around the place where the thing was last.

        score = f(template) cross-correlated with f(search),   loss = mean log(1 + exp(-label * score))

    Labels are +1 within `radius` pixels of the true place and -1 elsewhere, both weighing the same in all.

    Args:
        template: side of the square around the thing in the first picture, in pixels.
        search: side of the square in which it is looked for.
        radius: from the true place, in pixels, within which a score should be high.
        window: how much of the score is taken from a cosine window that prefers small moves, from 0 to 1.
        steps: batches of pairs in training.
        learning_rate: of Adam.
        random_state: seed of everything that is drawn.
        progress: whether a bar on stderr shows how far the training is.

    Raises:
        InputError: when clips and boxes do not fit each other.

    Example:
        >>> clips = np.zeros((4, 5, 40, 40), np.uint8)
        >>> boxes = np.zeros((4, 5, 4))
        >>> for clip, box in zip(clips, boxes, strict=True):
        ...     for time in range(5):
        ...         clip[time, 10 + time : 20 + time, 12:22] = 200
        ...         box[time] = 12, 10 + time, 22, 20 + time
        >>> tracker = SiameseTracker(steps=20, random_state=0).fit(clips, boxes)
        >>> tracker.predict(clips, boxes[:, 0]).shape
        (4, 5, 4)

    Source:
        Bertinetto, Valmadre, Henriques, Vedaldi and Torr (2016), "Fully-Convolutional Siamese Networks for
        Object Tracking", arXiv:1606.09549.
        Differs: boxes keep their size, no scales are tried; squares are cut out in pixels as they are, the
        true place at random in them; Adam in place of gradient descent with a falling rate.
    """

    template: int = 16
    search: int = 32
    radius: float = 2.0
    window: float = 0.1
    steps: int = 300
    learning_rate: float = 3e-3
    random_state: Any = None
    progress: bool = False

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from clips.

        Args:
            X: (clips, time, height, width[, channels]), uint8.
            y: (clips, time, 4), boxes as left, top, right and bottom, in pixels.
        """
        clips, boxes = _clips(X), np.asarray(y, np.float64)
        if boxes.shape != (*clips.shape[:2], 4):
            came = f"{boxes.shape} for {tuple(clips.shape[:2])}"
            raise InputError(
                "y must hold a box of four numbers for each picture of each clip", came, "give all"
            )
        centres = torch.from_numpy((boxes[..., :2] + boxes[..., 2:]) / 2)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        with isolated_seed(seed):
            self.network_ = SiameseFC(clips.shape[2])
            self._learn(clips, centres)
        self.network_.eval()
        return self

    @torch.inference_mode()
    def predict(self, X: Any, first: Any) -> Float[np.ndarray, "clips time sides"]:
        """Return a box for each picture of each clip.

        Args:
            X: clips, as in `fit`.
            first: (clips, 4), the box in the first picture of each.
        """
        check_is_fitted(self)
        clips, start = _clips(X), np.asarray(first, np.float64)
        if start.shape != (len(clips), 4):
            raise InputError("first must hold a box for each clip", str(start.shape), "give (clips, 4)")
        place = torch.from_numpy((start[:, :2] + start[:, 2:]) / 2)
        half = torch.from_numpy((start[:, 2:] - start[:, :2]) / 2)
        features = self.network_.features(_cut(clips[:, 0], place, self.template))
        places = [place]
        for time in range(1, clips.shape[1]):
            around = self.network_.features(_cut(clips[:, time], place.round(), self.search))
            place = place.round() + self._move(self.network_.compare(features, around))
            places.append(place)
        found = torch.stack(places, 1)  # (clips, time, 2)
        return torch.cat([found - half[:, None], found + half[:, None]], 2).numpy()

    def score(self, X: Any, y: Any) -> float:
        """Return the mean overlap, intersection over union, of found and true boxes after the first.

        Args:
            X: clips, as in `fit`.
            y: (clips, time, 4), their boxes.
        """
        truth = np.asarray(y, np.float64)
        found = self.predict(X, truth[:, 0])
        inner = np.minimum(found[..., 2:], truth[..., 2:]) - np.maximum(found[..., :2], truth[..., :2])
        shared = inner.clip(min=0).prod(-1)
        both = sum((boxes[..., 2:] - boxes[..., :2]).prod(-1) for boxes in (found, truth)) - shared
        return float((shared / both)[:, 1:].mean())

    def _learn(self, clips: Tensor, centres: Tensor) -> None:
        optimizer = torch.optim.Adam(self.network_.parameters(), self.learning_rate)
        with progress_bar("learning to follow", self.steps, shown=self.progress) as tell:
            for step in range(self.steps):
                loss = self._loss(clips, centres)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                tell(step + 1, f"loss {float(loss.detach()):.4g}")

    def _loss(self, clips: Tensor, centres: Tensor) -> Tensor:
        """The loss of a batch of pairs, drawn at random."""
        reach = (self.search - self.template) // 2 - 1
        rows = torch.randint(len(clips), (BATCH,))
        times = torch.randint(clips.shape[1], (2, BATCH))
        shifts = torch.randint(-reach, reach + 1, (BATCH, 2))
        shown, sought = centres[rows, times[0]], centres[rows, times[1]]
        middle = (sought + shifts).round()
        scores = self.network_(
            _cut(clips[rows, times[0]], shown, self.template),
            _cut(clips[rows, times[1]], middle, self.search),
        )
        near = self._near(scores, sought - middle)
        weight = near / near.sum() + (1 - near) / (1 - near).sum()
        return F.binary_cross_entropy_with_logits(scores, near, weight, reduction="sum") / 2

    def _near(self, scores: Tensor, moved: Tensor) -> Tensor:
        rows, columns = (self._offsets(side) for side in scores.shape[1:])
        down, across = rows - moved[:, 1, None], columns - moved[:, 0, None]
        return (down[:, :, None].square() + across[:, None].square() <= self.radius**2).float()

    def _offsets(self, n_places: int) -> Tensor:
        """How far each place of a map is from its middle, in pixels."""
        return (torch.arange(n_places) - (n_places - 1) / 2) * self.network_.stride

    def _move(self, scores: Tensor) -> Tensor:
        """Where the highest score is, (rows, 2), across and down from the middle, in pixels."""
        side = (scores.shape[1] - 1) * FINER + 1
        fine = F.interpolate(scores[:, None], size=(side, side), mode="bicubic", align_corners=True)[:, 0]
        chance = fine.flatten(1).softmax(1)
        hill = torch.hann_window(side + 2, periodic=False)[1:-1]
        hill = (hill[:, None] * hill).flatten()
        best = ((1 - self.window) * chance + self.window * hill / hill.sum()).argmax(1)
        places = torch.stack([best % side, best // side], 1)
        return (places - (side - 1) / 2).double() * (self.network_.stride / FINER)


def _clips(X: Any) -> Tensor:
    clips = np.asarray(X)
    if clips.ndim not in (4, 5) or clips.dtype != np.uint8 or clips.shape[1] < 1:
        expected = "X must be clips (clips, time, height, width[, channels]) of uint8"
        raise InputError(
            expected, f"{clips.dtype} {clips.shape}", "put pictures of one size one behind the other"
        )
    clips = clips[..., None] if clips.ndim == 4 else clips
    return torch.from_numpy(np.ascontiguousarray(clips.transpose(0, 1, 4, 2, 3)))


def _cut(pictures: Tensor, centres: Tensor, side: int) -> Tensor:
    """Squares around centres (across, down), (rows, channels, side, side); beyond edges the edge goes on."""
    steps = torch.arange(side)
    corner = (centres - side / 2).round().long()
    across = (corner[:, :1] + steps).clamp(0, pictures.shape[3] - 1)
    down = (corner[:, 1:] + steps).clamp(0, pictures.shape[2] - 1)
    rows = torch.arange(len(pictures))[:, None, None]
    cut = pictures[rows, :, down[:, :, None], across[:, None]]  # (rows, side, side, channels)
    return cut.permute(0, 3, 1, 2).float() / 128 - 1
