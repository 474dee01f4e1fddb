"""Detection: pictures in, and for each thing on them its class, its box and its outline out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast, final

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed
from netwright.estimators import DeepEstimator
from netwright.estimators.deep_estimator import laid_out
from netwright.estimators.heads import SoftmaxHead
from netwright.metrics import detection_precision
from netwright.nets import Detected, MaskRCNN
from netwright.training import TensorSamples, Training
from netwright.training.record import Choice
from netwright.vision.detection_objective import DetectionObjective
from netwright.vision.detection_targets import Things, ThingsOfRows
from netwright.vision.pictures import ReadsPictures, admit_any_size, build_network, take_pictures
from netwright.vision.recipe import settle_pictures

PIXELS_AT_ONCE = 2**16
"""Of pictures that are looked at together."""

SURE = 0.5
"""Probability from which a pixel belongs to a mask."""

Found = dict[str, np.ndarray]


@final
@dataclass(eq=False, repr=False)
class Detector(DeepEstimator):
    """Finds each thing on a picture: what it is, its box and its outline.

    Use it where things are to be counted or told apart. Pictures of one call have one size. What is on a
    picture is a dictionary of `labels` (n), `boxes` (n, 4) as left, top, right and bottom in pixels, and
    `masks` (n, height, width); boxes may be left out where there are masks. Without masks, outlines are the
    boxes. `predict` gives the same with `scores`, the surest first.

    After `fit` it has `classes_`, the labels, and `outlined_`, whether it has seen masks.

    Args:
        backbone: a `netwright.nets.MaskRCNN`, or what makes one when called with `channels=` and
            `n_outputs=` (the classes and the background); None for a small one.
        objective: the loss; None for `DetectionObjective()`.
        training: the recipe; None for automatic choices.
        random_state: seed of everything that is drawn.

    Example:
        >>> X = np.zeros((12, 1, 32, 32), np.uint8)
        >>> X[:, :, 8:20, 8:20] = 200
        >>> y = [{"labels": ["square"], "boxes": [[8, 8, 20, 20]]}] * 12
        >>> model = Detector(training=Training(epochs=1), random_state=0).fit(X, y)
        >>> sorted(model.predict(X)[0])
        ['boxes', 'labels', 'masks', 'scores']

    Source:
        He, Gkioxari, Dollár and Girshick (2017), "Mask R-CNN", arXiv:1703.06870.
    """

    backbone: nn.Module | Callable[..., nn.Module] | None = None
    objective: DetectionObjective | None = None
    training: Training | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Sequence[Mapping[str, Any]]) -> Self:
        """Fit the network.

        Args:
            X: pictures, as `netwright.data.read_images` takes them.
            y: what is on each.

        Raises:
            InputError: when pictures or things cannot be used; the message names the row.
        """
        pictures = self.admit(X, fitting=True)
        self._check(len(pictures), y=y)
        things, self.classes_ = read_things(y, pictures.shape[2], pictures.shape[3])
        self.outlined_ = any("masks" in one for one in y)
        self.n_channels_ = pictures.shape[1]
        seed = self._seed()
        inputs = self.read(pictures, fitting=True)
        self.head_ = SoftmaxHead(len(self.classes_) + 1)
        self.sample_shape_ = tuple(inputs.shape[1:])
        with isolated_seed(seed):
            network = self.build(torch.Size(self.sample_shape_), self.head_.n_outputs)
        samples = TensorSamples(inputs, ThingsOfRows(things))  # type: ignore[arg-type]
        recipe, chosen = self.settle(self.training or Training(), len(pictures))
        objective = self.objective or DetectionObjective()
        self.record_ = recipe.run(network, objective, samples, seed=seed, chosen=chosen)
        self.network_ = laid_out(network.cpu().eval())
        return self

    def predict(self, X: Any) -> list[Found]:
        """Return what is on each picture: labels, scores, boxes and masks.

        Args:
            X: pictures as in `fit`, of any size.
        """
        check_is_fitted(self)
        pictures = self.admit(X)
        n_rows = max(1, PIXELS_AT_ONCE // (pictures.shape[2] * pictures.shape[3]))
        with self._ready(pictures) as device:
            standardise, detect = (self.network_.get_submodule(name) for name in ("standardise", "network"))
            parts = (standardise(part.to(device)) for part in torch.split(pictures, n_rows))
            said: list[Detected] = [one for part in parts for one in detect(part)]
        return [
            {
                "labels": self.classes_[one.labels.cpu().numpy() - 1],
                "scores": one.scores.cpu().numpy(),
                "boxes": one.boxes.cpu().numpy(),
                "masks": (one.masks > SURE).cpu().numpy(),
            }
            for one in said
        ]

    def score(self, X: Any, y: Sequence[Mapping[str, Any]]) -> float:
        """Return the average precision at an overlap of one half: of masks, or of boxes without them.

        Args:
            X: pictures.
            y: what is on each.
        """
        return detection_precision(y, self.predict(X), by="masks" if self.outlined_ else "boxes")

    def admit(self, X: Any, *, fitting: bool = False) -> Tensor:
        """Return pictures as bytes, (rows, channels, height, width).

        Args:
            X: as `netwright.data.read_images` takes it.
            fitting: whether they are going to be learned from.
        """
        return admit_any_size(self, X, fitting=fitting)

    def read(self, X: Any, *, rows: np.ndarray | None = None, fitting: bool = False) -> Tensor:
        """Return pictures of these rows, and learn means and scales of their channels where asked to."""
        return take_pictures(cast("ReadsPictures", self), X, rows=rows, fitting=fitting)

    def settle(self, training: Training, n_rows: int) -> tuple[Training, list[Choice]]:
        """Fill what the recipe leaves open as pictures want it."""
        return settle_pictures(training, n_rows)

    def build(self, sample: torch.Size, n_outputs: int) -> nn.Module:
        """Return a fresh network behind the standardising of its pictures."""
        network = build_network(cast("ReadsPictures", self), self.backbone or MaskRCNN, sample, n_outputs)
        if not isinstance(network.network, MaskRCNN):
            came = type(network.network).__name__
            raise InputError("backbone must be or make a MaskRCNN", came, "or None for a small one")
        return network


def read_things(y: Sequence[Mapping[str, Any]], height: int, width: int) -> tuple[Things, np.ndarray]:
    """Return what is on pictures in one form, and the sorted labels.

    Args:
        y: for each picture a dictionary of labels, boxes and masks.
        height: of the pictures.
        width: of the pictures.

    Raises:
        InputError: naming the row, when labels, boxes and masks do not fit each other or the picture.

    Example:
        >>> things, classes = read_things([{"labels": ["a"], "boxes": [[0, 0, 2, 3]]}], height=4, width=4)
        >>> things.masks.sum(), classes
        (tensor(6), array(['a'], dtype='<U1'))
    """
    rows = [_row(number, one, height, width) for number, one in enumerate(y)]
    most = max((len(labels) for labels, _, _ in rows), default=0)
    if not most:
        raise InputError("y must hold a thing on some picture", "none", "give labels and boxes or masks")
    classes = np.unique(np.concatenate([labels for labels, _, _ in rows if len(labels)]))
    boxes = np.zeros((len(rows), most, 4), np.float32)
    numbers = np.zeros((len(rows), most), np.int64)
    masks = np.zeros((len(rows), most, height, width), np.uint8)
    for row, (labels, corners, outlines) in enumerate(rows):
        numbers[row, : len(labels)] = np.searchsorted(classes, labels) + 1
        boxes[row, : len(labels)], masks[row, : len(labels)] = corners, outlines
    return Things(*(torch.from_numpy(part) for part in (boxes, numbers, masks))), classes


def _row(
    row: int, one: Mapping[str, Any], height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels = np.asarray(one.get("labels", ()))
    n = len(labels)
    if n and "boxes" not in one and "masks" not in one:
        raise InputError(f"y[{row}] must have boxes or masks", f"{sorted(one)}", "add one of them")
    if "masks" in one and n:
        masks = np.asarray(one["masks"]) > 0
        if masks.shape != (n, height, width):
            expected = f"masks of y[{row}] must be of shape {(n, height, width)}"
            raise InputError(expected, str(masks.shape), "give one for each label, of the picture's size")
        if not masks.any((1, 2)).all():
            raise InputError(f"masks of y[{row}] must have pixels", "an empty one", "leave that thing out")
    else:
        masks = np.zeros((n, height, width), bool)
    boxes = np.asarray(one["boxes"], np.float32) if "boxes" in one else _around(masks)
    boxes = boxes.reshape(-1, 4)
    if boxes.shape != (n, 4) or not (boxes[:, 2:] > boxes[:, :2]).all():
        raise InputError(
            f"boxes of y[{row}] must be {n} times left, top, right, bottom, each with a width and a height",
            f"{boxes.tolist()}"[:80],
            "give one for each label, in pixels",
        )
    if "masks" not in one:
        y, x = np.arange(height) + 0.5, np.arange(width) + 0.5
        down = (y >= boxes[:, 1, None]) & (y < boxes[:, 3, None])
        masks = down[:, :, None] & ((x >= boxes[:, 0, None]) & (x < boxes[:, 2, None]))[:, None]
    return labels, boxes, masks


def _around(masks: np.ndarray) -> np.ndarray:
    """The boxes of masks that have pixels."""
    across, down = np.asarray(masks.any(1)), np.asarray(masks.any(2))
    left, top = across.argmax(1), down.argmax(1)
    right, bottom = (side.shape[1] - side[:, ::-1].argmax(1) for side in (across, down))
    return np.stack([left, top, right, bottom], axis=1).astype(np.float32)
