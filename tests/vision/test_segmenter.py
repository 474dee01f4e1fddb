"""The estimator that gives each pixel a class."""

import functools
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.data import MaskMoves
from netwright.losses import DiceLoss
from netwright.metrics import mean_iou
from netwright.nets import FCN, UNet
from netwright.optim import OneCycle
from netwright.training import Augmentation, Training
from netwright.vision import Segmenter
from netwright.vision.pixel_head import PixelHead

sys.path.insert(0, str(Path(__file__).parents[1] / "nets"))
from planted_shapes import planted_shapes

QUICK = {"training": Training(epochs=1, batch_size=8), "random_state": 0}


def recipe(epochs=14, **fields):
    return Training(
        epochs=epochs, batch_size=16, learning_rate=8e-3, validation=0.0, schedule=OneCycle(), **fields
    )


@pytest.mark.parametrize(
    "backbone",
    [
        functools.partial(UNet, width=8, depth=2),
        functools.partial(FCN, widths=(12, 24), hidden=32, skips=1),
    ],
    ids=["UNet", "FCN"],
)
def test_planted_shapes_are_outlined_above_0_95(backbone):
    X, y = planted_shapes(192, size=25)
    model = Segmenter(backbone=backbone, training=recipe(), random_state=0).fit(X, y)
    new, truth = planted_shapes(64, size=25, seed=1)
    score = model.score(new, truth)
    assert score > 0.95
    assert score == mean_iou(truth, model.predict(new))


def test_the_segmenter_repeats_bit_by_bit_and_survives_being_put_away():
    X, y = planted_shapes(12, size=9)
    check_repeats(Segmenter(**QUICK), X, y)


def test_pictures_of_odd_and_of_other_sizes_in_grey_and_colour_get_masks_of_their_size():
    for channels in (1, 3):
        X, y = planted_shapes(10, size=11, channels=channels)
        model = Segmenter(**QUICK).fit(X, 7 * y + 2)
        assert model.classes_.tolist() == [2, 9, 16]
        for size in (9, 14):
            new, _ = planted_shapes(3, size=size, channels=channels)
            assert model.predict(new).shape == (3, size, size)
            assert set(np.unique(model.predict(new))) <= {2, 9, 16}
            probability = model.predict_proba(new)
            assert probability.shape == (3, 3, size, size)
            np.testing.assert_allclose(probability.sum(1), 1.0, atol=1e-6)


def test_pixels_without_a_label_count_for_nothing():
    X, y = planted_shapes(24, size=12)
    half, wrong = y.copy(), y.copy()
    half[:, :6], wrong[:, :6] = -1, -5
    a, b = (Segmenter(**QUICK).fit(X, masks) for masks in (half, wrong))
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    found = a.predict(X)
    assert a.score(X, half) == pytest.approx(mean_iou(y[:, 6:], found[:, 6:]))


def test_class_weights_multiply_the_losses_of_their_pixels():
    outputs = torch.randn(2, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([[[0, 1, 1, 0]] * 3, [[1, 0, -100, -100]] * 3])
    losses = PixelHead(2, (0.5, 3.0)).loss(outputs, target)
    for picture in range(2):
        seen = target[picture] >= 0
        classes = target[picture][seen]
        chances = outputs[picture].log_softmax(0)[:, seen].gather(0, classes[None])[0]
        weights = torch.tensor([0.5, 3.0])[classes]
        torch.testing.assert_close(losses[picture], -(weights * chances).mean())
    X, y = planted_shapes(12, size=12)
    rare = np.where(y == 2, 9, 4)
    share = (rare == 9).mean()
    for weight, expected in (("balanced", (0.5 / (1 - share), 0.5 / share)), ({9: 30.0}, (1.0, 30.0))):
        model = Segmenter(class_weight=weight, **QUICK).fit(X, rare)
        assert model.head_.weights == pytest.approx(expected)


def test_other_losses_and_moves_of_pictures_with_their_masks_enter_by_the_recipe():
    X, y = planted_shapes(16, size=12)
    moves = Augmentation(MaskMoves(turn=True))
    for training in (recipe(1, loss=DiceLoss()), recipe(1, callbacks=[moves])):
        model = Segmenter(training=training, random_state=0).fit(X, y)
        plain = Segmenter(training=recipe(1), random_state=0).fit(X, y)
        assert not np.array_equal(model.predict_proba(X), plain.predict_proba(X))


def test_what_cannot_be_learned_from_is_named():
    X, y = planted_shapes(6, size=12)
    with pytest.raises(InputError, match=r"of shape \(6, 12, 12\)"):
        Segmenter().fit(X, y[:, 1:])
    with pytest.raises(InputError, match="whole class numbers"):
        Segmenter().fit(X, y / 2)
    with pytest.raises(InputError, match="two classes or more"):
        Segmenter().fit(X, 0 * y)
    valid = functools.partial(UNet, padded=False, depth=1)
    with pytest.raises(InputError, match="answer with the size of the pictures"):
        Segmenter(backbone=valid, **QUICK).fit(
            np.repeat(np.repeat(X, 2, 2), 2, 3), np.repeat(np.repeat(y, 2, 1), 2, 2)
        )
