"""Capsule networks as estimators, on scikit-learn's digits of 8 x 8."""

import numpy as np
import pytest
import torch
from scipy.ndimage import rotate
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from netwright.contracts import check_repeats
from netwright.core.errors import InputError
from netwright.losses import CapsuleMarginLoss
from netwright.training import Batch, Training
from netwright.vision import CapsNetClassifier, ConvNetClassifier
from netwright.vision.capsnet import CapsuleObjective

DIGITS = load_digits()
X, X_TEST, y, y_test = train_test_split(
    (DIGITS.images * (255 / 16)).astype(np.uint8),
    DIGITS.target,
    test_size=0.25,
    random_state=0,
    stratify=DIGITS.target,
)
ONE = Training(epochs=1, batch_size=128, threads=1)
RECIPE = Training(epochs=12, threads=1, validation=0.0)


def tiny(**settings):
    return CapsNetClassifier(maps=6, n_types=2, hidden=(8,), training=ONE, random_state=0, **settings)


class PlainNet(nn.Module):
    """Convolutions, pooling and layers, with as many parameters as the capsules and their decoder."""

    def __init__(self, channels, n_outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(256, 200), nn.ReLU(), nn.Linear(200, n_outputs),
        )  # fmt: skip

    def forward(self, x):
        return self.layers(x)


def n_parameters(model):
    return sum(p.numel() for p in model.network_.parameters())


def turned(pictures, degrees):
    return (
        rotate(pictures.astype(float), degrees, axes=(2, 1), reshape=False, order=1)
        .clip(0, 255)
        .astype(np.uint8)
    )


def jigsaw(pictures):
    """The quarters change places across the middle, so that all parts are there, each in a wrong one."""
    return np.roll(pictures, (4, 4), axis=(1, 2))


@pytest.fixture(scope="module")
def capsules():
    return CapsNetClassifier(maps=32, hidden=(128,), training=RECIPE, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def convolutions():
    return ConvNetClassifier(PlainNet, training=RECIPE, random_state=0).fit(X, y)


def test_capsules_tell_digits_and_turned_ones_better_than_convolutions_of_the_same_size(
    capsules, convolutions
):
    assert n_parameters(convolutions) >= n_parameters(capsules)
    assert capsules.score(X_TEST, y_test) >= 0.97
    right = [
        np.mean([model.score(turned(X_TEST, degrees), y_test) for degrees in (-40, -25, -15, 15, 25, 40)])
        for model in (capsules, convolutions)
    ]
    assert right[0] > right[1] + 0.01


def test_parts_in_wrong_places_make_capsules_doubt_more_than_convolutions(capsules, convolutions):
    """Confidence is the longest capsule, as the paper reads it, or the largest probability."""
    seen = [capsules.lengths(pictures).max(1).mean() for pictures in (X_TEST, jigsaw(X_TEST))]
    by_probability = [
        [model.predict_proba(pictures).max(1).mean() for pictures in (X_TEST, jigsaw(X_TEST))]
        for model in (capsules, convolutions)
    ]
    drops = [before - after for before, after in (seen, by_probability[1])]
    assert drops[0] > drops[1] + 0.03
    shares = [after / before for before, after in by_probability]
    assert shares[0] < shares[1] - 0.1


def test_probabilities_are_lengths_over_their_sum_and_lengths_are_the_networks(capsules):
    lengths = capsules.lengths(X_TEST[:5])
    np.testing.assert_allclose(
        capsules.predict_proba(X_TEST[:5]), lengths / lengths.sum(1, keepdims=True), rtol=1e-5
    )
    network = capsules.network_
    with torch.no_grad():
        own = network.network(network.standardise(torch.as_tensor(X_TEST[:5, None])))
    np.testing.assert_allclose(lengths, own, rtol=1e-4)


def test_the_decoder_draws_digits_better_than_the_mean_picture(capsules):
    pictures = torch.as_tensor(X_TEST[:, None])
    with torch.no_grad():
        drawn = capsules.network_.decoder(capsules.network_.capsules(pictures))
    error = (drawn - pictures / 255).square().mean()
    assert error < 0.8 * (X_TEST / 255).var(0).mean()


def test_the_loss_is_the_margin_and_the_error_of_the_picture_by_the_true_capsule():
    model = tiny().fit(X[:200], y[:200])
    pictures, target, weight = torch.as_tensor(X[:6, None]), torch.as_tensor(y[:6]), torch.arange(6.0)
    capsules = model.network_.capsules(pictures)
    margin = CapsuleMarginLoss(reduction="none")(capsules.norm(dim=2), target)
    error = (model.network_.decoder(capsules, target) - pictures / 255).square().sum((1, 2, 3))
    loss = CapsuleObjective(0.01).loss(model.network_, Batch(pictures, target))
    torch.testing.assert_close(loss, (margin + 0.01 * error).mean())
    weighed = CapsuleObjective(0.01).loss(model.network_, Batch(pictures, target, weight))
    torch.testing.assert_close(weighed, (weight * (margin + 0.01 * error)).mean())


def test_it_repeats_and_can_be_put_away():
    check_repeats(tiny(), X[:120], y[:120])


def test_two_classes_and_several_labels():
    two = tiny().fit(X[:200], y[:200] > 4)
    assert two.network_.network.routed.weight.shape[1] == 2
    capsules = two.network_.capsules(torch.as_tensor(X[:3, None])).norm(dim=2).detach()
    np.testing.assert_allclose(two.predict_proba(X[:3]), capsules / capsules.sum(1, keepdim=True), rtol=1e-4)
    labels = np.stack([y % 2, y > 4], 1)
    several = tiny().fit(X[:200], labels[:200])
    own = several.network_.capsules(torch.as_tensor(X[:3, None])).norm(dim=2).detach()
    np.testing.assert_allclose(several.predict_proba(X[:3]), own, rtol=1e-4)
    np.testing.assert_allclose(several.lengths(X[:3]), own, rtol=1e-4)


def test_settings_that_cannot_be_are_named():
    with pytest.raises(InputError, match="reconstruction must be 0 or above, got -1"):
        tiny(reconstruction=-1).fit(X[:50], y[:50])
    with pytest.raises(InputError, match="13 x 13 or larger, got 8 x 8"):
        tiny(kernel_size=7).fit(X[:50], y[:50])
