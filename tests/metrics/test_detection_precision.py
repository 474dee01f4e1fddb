"""Average precision of detections."""

import numpy as np
import pytest

from netwright.contracts import check_metric
from netwright.core.errors import InputError
from netwright.metrics import UndefinedScoreError, detection_precision


def some(n_pictures=12, seed=0):
    """Things and finds near them, missed ones and false ones, as plain lists."""
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(n_pictures):
        n = int(rng.integers(0, 4))
        boxes = np.concatenate([rng.integers(0, 20, (n, 2)), np.zeros((n, 2), int)], 1)
        boxes[:, 2:] = boxes[:, :2] + rng.integers(4, 10, (n, 2))
        labels = rng.integers(1, 3, n)
        moved = boxes + rng.integers(-2, 3, boxes.shape)
        moved = np.concatenate([moved, [[30, 30, 35, 35]]])
        guessed = np.append(np.where(rng.random(n) < 0.8, labels, 3 - labels), 1)
        scores = np.round(rng.random(n + 1), 1)
        truth.append({"boxes": boxes.tolist(), "labels": labels.tolist()})
        found.append({"boxes": moved.tolist(), "labels": guessed.tolist(), "scores": scores.tolist()})
    return np.array(truth), np.array(found)


def test_detection_precision_keeps_the_metric_contract():
    check_metric(detection_precision, *some())


def test_the_area_under_the_falling_precision_is_as_by_hand():
    """Five things; finds in falling order right, wrong, right, right, wrong, right, of VOC's own kind."""
    boxes = [[10 * k, 0, 10 * k + 4, 4] for k in range(5)]
    away = [0, 20, 4, 24]
    found = [boxes[0], away, boxes[1], boxes[2], away, boxes[3]]
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    truth = [{"boxes": boxes, "labels": [1] * 5}]
    prediction = [{"boxes": found, "labels": [1] * 6, "scores": scores}]
    precision_at = {1: 1 / 1, 2: 3 / 4, 3: 3 / 4, 4: 4 / 6}
    assert detection_precision(truth, prediction) == pytest.approx(sum(precision_at.values()) / 5)


def test_a_thing_is_found_once_and_by_the_surer_find():
    truth = [{"boxes": [[0, 0, 4, 4]], "labels": [1]}]
    both = {"boxes": [[0, 0, 4, 4], [0, 0, 4, 4]], "labels": [1, 1], "scores": [0.5, 0.9]}
    assert detection_precision(truth, [both]) == 1.0
    twice = [*truth, {"boxes": [[0, 0, 4, 4]], "labels": [1]}]
    later = {"boxes": [[0, 0, 4, 4]], "labels": [1], "scores": [0.1]}
    assert detection_precision(twice, [both, later]) == pytest.approx((1 + 2 / 3) / 2)


def test_an_overlap_of_one_half_is_not_enough_and_classes_count_the_same():
    truth = [{"boxes": [[0, 0, 4, 4], [9, 9, 12, 12]], "labels": [1, 2]}]
    found = [{"boxes": [[0, 0, 4, 2], [9, 9, 12, 12]], "labels": [1, 2], "scores": [0.9, 0.1]}]
    assert detection_precision(truth, found) == 0.5
    assert detection_precision(truth, found, overlap=0.49) == 1.0


def test_masks_overlap_by_their_pixels():
    mask = np.zeros((2, 6, 6), bool)
    mask[0, :3], mask[1, 3:] = True, True
    truth = [{"masks": mask, "labels": [1, 1]}]
    shifted = np.roll(mask, 1, axis=1)  # three rows of which two are shared: 2 / 4
    found = [{"masks": shifted * 0.9, "labels": [1, 1], "scores": [0.5, 0.6]}]
    assert detection_precision(truth, found, by="masks") == 0.0
    assert detection_precision(truth, found, by="masks", overlap=0.4) == 1.0


def test_what_cannot_be_judged_is_named():
    with pytest.raises(UndefinedScoreError, match="a thing on some picture"):
        detection_precision([{"boxes": [], "labels": []}], [{"boxes": [], "labels": [], "scores": []}])
    with pytest.raises(InputError, match="boxes must be as many as labels"):
        detection_precision(
            [{"boxes": [[0, 0, 1, 1]], "labels": [1, 1]}], [{"boxes": [], "labels": [], "scores": []}]
        )
    with pytest.raises(InputError, match="by must be"):
        detection_precision(*some(), by="circles")
