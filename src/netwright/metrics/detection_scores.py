"""Average precision of detections: how many of the things are found, how many finds are things."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import UndefinedScoreError, read_weight, require_rows

Pictures = Sequence[Mapping[str, Any]] | np.ndarray


def detection_precision(
    truth: Pictures,
    prediction: Pictures,
    *,
    sample_weight: ArrayLike | None = None,
    overlap: float = 0.5,
    by: Literal["boxes", "masks"] = "boxes",
) -> float:
    """Return the mean over classes of the average precision of detections, AP50 by default.

    Use it to judge a detector: a find is right when it overlaps a thing of its class by more than `overlap`,
    each thing is found once, and finds are taken in falling order of their scores; the surer ones choose
    first. Every class that is in the truth counts the same.

        AP = sum over recalls r of (r - r before) * max precision at a recall of r or more
        overlap = |A and B| / |A or B|   of boxes or of masks

    Finds of one score count together, so that the order of pictures has no influence.

    Args:
        truth: for each picture a dictionary of `boxes` (n, 4) as left, top, right and bottom, or `masks`
            (n, height, width), and `labels` (n).
        prediction: the same with `scores` (n).
        sample_weight: one number a picture, at least 0.
        overlap: a find must have more than this with a thing, from 0 to below 1.
        by: what overlaps, "boxes" or "masks".

    Raises:
        InputError: where truth and prediction do not fit.
        UndefinedScoreError: where nothing is in any picture of the truth.

    Example:
        >>> truth = [{"boxes": [[0, 0, 4, 4], [5, 5, 9, 9]], "labels": [1, 1]}]
        >>> found = [{"boxes": [[0, 0, 4, 3], [5, 0, 9, 4]], "labels": [1, 1], "scores": [0.9, 0.8]}]
        >>> detection_precision(truth, found)
        0.5

    Source:
        Everingham, Van Gool, Williams, Winn and Zisserman (2010), "The PASCAL Visual Object Classes (VOC)
        Challenge", doi:10.1007/s11263-009-0275-4.
        Differs: all recalls count, as in the challenges from 2010 on, not eleven of them.
    """
    require_rows(len(truth), len(prediction), "prediction")
    if by not in ("boxes", "masks") or not 0 <= overlap < 1:
        came = f"{by!r} and {overlap}"
        raise InputError("by must be 'boxes' or 'masks', and overlap from 0 to below 1", came, "e.g. 0.5")
    weight = read_weight(sample_weight, len(truth))
    weight = np.ones(len(truth)) if weight is None else weight
    classes = sorted({label for picture in truth for label in np.asarray(picture["labels"]).tolist()})
    if not classes:
        raise UndefinedScoreError(
            "truth must hold a thing on some picture", "none", "leave this score out for such pictures"
        )
    return float(np.mean([_precision(truth, prediction, weight, overlap, by, one) for one in classes]))


def _precision(
    truth: Pictures, prediction: Pictures, weight: np.ndarray, overlap: float, by: str, label: Any
) -> float:
    """Average precision of one class."""
    scores, right, counts = [], [], []
    n_things = 0.0
    for known, found, counted in zip(truth, prediction, weight, strict=True):
        things = _of(known, by, label)
        n_things += counted * len(things)
        mine = np.asarray(found["labels"]) == label
        score = np.asarray(found["scores"], dtype=np.float64)[mine]
        order = np.argsort(-score, kind="stable")
        shapes = _of(found, by, label)[order]
        scores.append(score[order])
        right.append(_matched(_overlaps(shapes, things, by), overlap))
        counts.append(np.full(len(order), counted))
    if not n_things:
        return 0.0
    score, hits, counted = np.concatenate(scores), np.concatenate(right), np.concatenate(counts)
    order = np.argsort(-score, kind="stable")
    last = np.append(score[order][1:] != score[order][:-1], np.ones(min(len(order), 1), bool))
    true = np.cumsum((hits * counted)[order])[last]
    everything = np.cumsum(counted[order])[last]
    recall = np.concatenate([[0.0], true / n_things])
    precision = true / np.maximum(everything, 1e-300)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall) * best))


def _of(picture: Mapping[str, Any], by: str, label: Any) -> Float[np.ndarray, "n ..."]:
    labels = np.asarray(picture["labels"])
    shapes = np.asarray(picture[by])
    if len(shapes) != len(labels):
        raise InputError(
            f"{by} must be as many as labels on each picture",
            f"{len(shapes)} and {len(labels)}",
            "give one label for each",
        )
    chosen = shapes[labels == label] if len(labels) else shapes[:0]
    if by == "masks" and chosen.dtype.kind == "f":
        chosen = chosen > 0.5
    return np.asarray(chosen, dtype=np.float64)


def _overlaps(one: np.ndarray, other: np.ndarray, by: str) -> Float[np.ndarray, "n m"]:
    """Intersection over union of each with each."""
    if not len(one) or not len(other):
        return np.zeros((len(one), len(other)))
    if by == "masks":
        a, b = one.reshape(len(one), -1), other.reshape(len(other), -1)
        shared = a @ b.T
        areas = a.sum(1)[:, None] + b.sum(1)
    else:
        low = np.maximum(one[:, None, :2], other[None, :, :2])
        high = np.minimum(one[:, None, 2:], other[None, :, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=2)
        areas = np.prod(one[:, 2:] - one[:, :2], 1)[:, None] + np.prod(other[:, 2:] - other[:, :2], 1)
    union = areas - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def _matched(overlaps: np.ndarray, threshold: float) -> Bool[np.ndarray, " n"]:
    """Which finds, the surest first, have a thing that no surer one has taken."""
    overlaps = overlaps.copy()
    right = np.zeros(len(overlaps), bool)
    for row in range(len(overlaps)):  # the finds of one class on one picture, of which there are few
        if overlaps.shape[1] and overlaps[row].max() > threshold:
            right[row] = True
            overlaps[:, overlaps[row].argmax()] = 0.0
    return right
