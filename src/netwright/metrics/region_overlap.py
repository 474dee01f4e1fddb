"""How far the regions of pictures that are found overlap with the true ones: mean IoU and Dice."""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from netwright.core.errors import InputError
from netwright.metrics.reading import read_weight, require_rows


def mean_iou(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    ignore: int | None = None,
) -> float:
    """Return the mean over classes of the intersection of truth and prediction over their union.

    Use it to judge masks: pixels are counted over all pictures together, and each class that is in the truth
    or in the prediction counts the same, however few its pixels are.

        IoU_c = |truth is c and prediction is c| / |truth is c or prediction is c|

    Args:
        truth: class numbers, (pictures, ...), such as (pictures, height, width).
        prediction: of the same shape.
        sample_weight: one number a picture, at least 0.
        ignore: a class number in the truth whose pixels count for nothing.

    Raises:
        InputError: where shapes differ, or numbers are not whole.

    Example:
        >>> mean_iou([[[0, 1], [1, 1]]], [[[0, 1], [0, 1]]])
        0.5833333333333333

    Source:
        Everingham, Van Gool, Williams, Winn and Zisserman (2010), "The PASCAL Visual Object Classes (VOC)
        Challenge", doi:10.1007/s11263-009-0275-4.
    """
    both, true, found = _counts(truth, prediction, sample_weight, ignore)
    there = true + found > 0
    return float(np.mean(both[there] / (true + found - both)[there]))


def dice_score(
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    background: bool = False,
) -> float:
    """Return the mean over classes of the Dice coefficient, which is F1 over pixels.

    Use it as `mean_iou` where the background is no class of interest, as in medicine. Where truth and
    prediction hold nothing but background it is 1.

        Dice_c = 2 |truth is c and prediction is c| / (|truth is c| + |prediction is c|)

    Args:
        truth: class numbers, (pictures, ...), 0 for the background.
        prediction: of the same shape.
        sample_weight: one number a picture, at least 0.
        background: whether class 0 counts among the classes.

    Raises:
        InputError: where shapes differ, or numbers are not whole.

    Example:
        >>> dice_score([[[0, 1], [1, 1]]], [[[0, 1], [0, 1]]])
        0.8

    Source:
        Dice (1945), "Measures of the Amount of Ecologic Association Between Species", Ecology 26, 297-302.
    """
    both, true, found = (
        counts[0 if background else 1 :] for counts in _counts(truth, prediction, sample_weight, None)
    )
    there = true + found > 0
    return float(np.mean(2 * both[there] / (true + found)[there])) if there.any() else 1.0


Counts = Float[np.ndarray, " classes"]


def _counts(
    truth: ArrayLike, prediction: ArrayLike, sample_weight: ArrayLike | None, ignore: int | None
) -> tuple[Counts, Counts, Counts]:
    """For each class the pixels where it is in both, in the truth, and in the prediction."""
    true, found = _classes(truth, "truth", ignore), _classes(prediction, "prediction", None)
    require_rows(len(true), len(found), "prediction")
    if true.shape != found.shape:
        raise InputError("prediction must have the shape of truth", str(found.shape), f"give {true.shape}")
    rows = read_weight(sample_weight, len(true))
    weight = np.ones(true.shape)
    if rows is not None:
        weight *= rows.reshape(-1, *[1] * (true.ndim - 1))
    if ignore is not None:
        kept = true != ignore
        true, found, weight = true[kept], found[kept], weight[kept]
    n_classes = int(max(true.max(initial=0), found.max(initial=0))) + 1
    same = np.where(true == found, weight, 0.0)
    table = [
        np.bincount(classes.ravel(), weights=counted.ravel(), minlength=n_classes)
        for classes, counted in ((true, same), (true, weight), (found, weight))
    ]
    return table[0], table[1], table[2]


def _classes(values: ArrayLike, argument: str, ignore: int | None) -> Int[np.ndarray, "..."]:
    array = np.asarray(values)
    if array.size == 0 or array.dtype.kind not in "iub":
        raise InputError(
            f"{argument} must be whole class numbers of pixels",
            f"shape {array.shape} of {array.dtype}",
            "give masks, such as the arg-max of probabilities",
        )
    numbers = array.astype(np.int64)
    seen = numbers if ignore is None else numbers[numbers != ignore]
    if (seen < 0).any():
        raise InputError(
            f"{argument} must hold class numbers from 0", str(int(seen.min())), "number them anew, or ignore"
        )
    return numbers
