"""The estimator that finds things on pictures and outlines them."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from netwright.core.errors import InputError
from netwright.estimators import load, save
from netwright.metrics import detection_precision
from netwright.optim import OneCycle
from netwright.training import Training
from netwright.vision import DetectionObjective, Detector
from netwright.vision.detector import read_things

QUICK = {"training": Training(epochs=1, batch_size=4), "random_state": 0}


def planted_things(n_pictures, size=48, seed=0):
    """One to three discs and squares on each picture that do not touch, with masks and without boxes."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    X = rng.normal(0.25, 0.05, (n_pictures, 1, size, size))
    y = []
    for picture in X:
        masks, labels = [], []
        taken = np.zeros((size, size), bool)
        for _ in range(int(rng.integers(1, 4))):
            radius = rng.uniform(5, 9)
            v, u = rng.uniform(radius, size - radius, 2)
            kind = ("disc", "square")[int(rng.integers(2))]
            far = (
                np.hypot(rows - v, columns - u)
                if kind == "disc"
                else np.maximum(abs(rows - v), abs(columns - u))
            )
            mask = far <= radius
            if not (taken & (far <= radius + 2)).any():
                taken |= mask
                masks.append(mask)
                labels.append(kind)
                picture[0, mask] += rng.uniform(0.4, 0.6)
        y.append({"labels": labels, "masks": np.array(masks)})
    return (X.clip(0, 1) * 255).astype(np.uint8), y


def test_planted_things_are_found_and_outlined():
    X, y = planted_things(160)
    recipe = Training(epochs=8, batch_size=8, learning_rate=4e-3, validation=0.0, schedule=OneCycle())
    model = Detector(training=recipe, random_state=0).fit(X, y)
    new, truth = planted_things(60, seed=1)
    score = model.score(new, truth)
    assert score > 0.9
    assert score == detection_precision(truth, model.predict(new), by="masks")


def answers(model, X):
    return [{name: value.tolist() for name, value in one.items()} for one in model.predict(X)]


def test_the_detector_repeats_bit_by_bit_and_survives_being_put_away(tmp_path):
    X, y = planted_things(8)
    model = Detector(objective=DetectionObjective(regions=16), **QUICK).fit(X, y)
    expected = answers(model, X)
    assert answers(clone(model).fit(X, y), X) == expected
    for carried in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert answers(carried, X) == expected
    save(model, tmp_path / "model")
    assert answers(load(tmp_path / "model"), X) == expected


def test_boxes_alone_will_do_and_stand_for_outlines():
    X, y = planted_things(8)
    things, classes = read_things(y, 48, 48)
    corners = [
        {"labels": one["labels"], "boxes": things.boxes[row, : len(one["labels"])].numpy()}
        for row, one in enumerate(y)
    ]
    model = Detector(**QUICK).fit(X, corners)
    assert not model.outlined_
    assert model.classes_.tolist() == classes.tolist() == ["disc", "square"]
    assert 0.0 <= model.score(X, corners) <= 1.0


def test_pictures_set_apart_judge_the_epochs():
    X, y = planted_things(8)
    training = Training(epochs=2, batch_size=4, validation=0.25)
    model = Detector(training=training, random_state=0).fit(X, y)
    assert model.record_.n_validation_rows == 2
    assert all(np.isfinite(epoch["validation_loss"]) for epoch in model.record_.epochs)


def test_boxes_of_masks_are_the_smallest_around_them_and_masks_of_boxes_fill_them():
    mask = np.zeros((1, 6, 8), bool)
    mask[0, 1:4, 2:7] = True
    things, _ = read_things([{"labels": [3], "masks": mask}, {"labels": []}], 6, 8)
    assert things.boxes[0].tolist() == [[2.0, 1.0, 7.0, 4.0]]
    assert things.labels.tolist() == [[1], [0]]
    again, _ = read_things([{"labels": [3], "boxes": [[2, 1, 7, 4]]}], 6, 8)
    assert np.array_equal(again.masks[0].numpy().astype(bool), mask)


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        ({"labels": [1]}, r"y\[1\] must have boxes or masks"),
        ({"labels": [1], "boxes": [[3, 3, 3, 9]]}, r"boxes of y\[1\] must be 1 times left"),
        ({"labels": [1], "masks": np.ones((1, 4, 4))}, r"masks of y\[1\] must be of shape \(1, 48, 48\)"),
        ({"labels": [1], "masks": np.zeros((1, 48, 48))}, r"masks of y\[1\] must have pixels"),
    ],
)
def test_things_that_do_not_fit_are_named_by_their_row(thing, sentence):
    X, y = planted_things(2)
    with pytest.raises(InputError, match=sentence):
        Detector(**QUICK).fit(X, [y[0], thing])


def test_pictures_without_things_teach_nothing():
    X, y = planted_things(2)
    with pytest.raises(InputError, match="a thing on some picture"):
        Detector(**QUICK).fit(X, [{"labels": []}, {"labels": []}])
    with pytest.raises(InputError, match="y must have 2 values"):
        Detector(**QUICK).fit(X, y[:1])
