"""Mean IoU and Dice of masks."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import dice_score, mean_iou

RNG = np.random.default_rng(0)
TRUTH, FOUND = RNG.integers(0, 4, (12, 5, 7)), RNG.integers(0, 4, (12, 5, 7))


def test_overlaps_of_regions_keep_the_metric_contract():
    check_metric(mean_iou, TRUTH, FOUND)
    check_metric(dice_score, TRUTH, FOUND)


def test_overlaps_equal_scikit_learns_jaccard_and_f1_over_all_pixels():
    weight = RNG.random(12)
    pixels = {"y_true": TRUTH.ravel(), "y_pred": FOUND.ravel(), "average": "macro"}
    each = np.repeat(weight, 35)
    assert mean_iou(TRUTH, FOUND) == pytest.approx(jaccard_score(**pixels), abs=1e-12)
    assert mean_iou(TRUTH, FOUND, sample_weight=weight) == pytest.approx(
        jaccard_score(**pixels, sample_weight=each), abs=1e-12
    )
    assert dice_score(TRUTH, FOUND, background=True) == pytest.approx(f1_score(**pixels), abs=1e-12)
    f1 = f1_score(**pixels, labels=[1, 2, 3], sample_weight=each)
    assert dice_score(TRUTH, FOUND, sample_weight=weight) == pytest.approx(f1, abs=1e-12)


def test_ignored_pixels_count_for_nothing_and_classes_that_are_nowhere_do_not_either():
    truth = np.array([[[0, 5, -1, 5]]])
    assert mean_iou(truth, np.array([[[0, 5, 0, 0]]]), ignore=-1) == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert mean_iou(truth, np.array([[[0, 5, 3, 5]]]), ignore=-1) == 1.0
    assert dice_score(np.zeros((2, 3), int), np.zeros((2, 3), int)) == 1.0


def test_masks_that_cannot_be_compared_are_refused():
    with pytest.raises(InputError, match="prediction must have the shape of truth"):
        mean_iou(TRUTH, FOUND[:, 1:])
    with pytest.raises(InputError, match="whole class numbers"):
        dice_score(TRUTH, FOUND / 2)
    with pytest.raises(InputError, match="class numbers from 0, got -1"):
        mean_iou(TRUTH - 1, FOUND)
