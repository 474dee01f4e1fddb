"""Estimators for pictures, on scikit-learn's digits of 8 x 8."""

import functools
import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from torch import nn

from netwright.core.errors import InputError
from netwright.estimators import load, save
from netwright.nets import PictureNet
from netwright.training import Training
from netwright.vision import ConvNetClassifier, ConvNetRegressor

DIGITS = load_digits()
X, X_TEST, y, y_test = train_test_split(
    (DIGITS.images * (255 / 16)).astype(np.uint8),
    DIGITS.target,
    test_size=0.25,
    random_state=0,
    stratify=DIGITS.target,
)
SHORT = Training(epochs=2, batch_size=128, threads=1)
SMALL = functools.partial(PictureNet, widths=(8,), patch=1)


@pytest.fixture(scope="module")
def fitted():
    return ConvNetClassifier(random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def short():
    return ConvNetClassifier(SMALL, training=SHORT, random_state=0).fit(X[:400], y[:400])


def test_the_defaults_tell_at_least_97_per_cent_of_digits(fitted):
    assert fitted.score(X_TEST, y_test) >= 0.97


def test_convolution_and_pooling_are_torchs_own_arithmetic(fitted):
    """Everything that the fitted network does, by torch.nn.functional alone, from its weights."""
    network = fitted.network_
    x = torch.as_tensor(X_TEST[:8, None])
    standard = (x.float() - network.standardise.mean) / network.standardise.scale
    parts = dict(network.network.features.named_children())

    def convolve(conv, norm, maps, stride, padding):
        maps = F.conv2d(maps, conv.weight, stride=stride, padding=padding)
        return F.batch_norm(maps, norm.running_mean, norm.running_var, norm.weight, norm.bias)

    def residual(block, maps):
        one, norm1, _, two, norm2 = block.branch
        return F.relu(maps + convolve(two, norm2, F.relu(convolve(one, norm1, maps, 1, 1)), 1, 1))

    with torch.inference_mode():
        maps = residual(parts["3"], F.relu(convolve(parts["0"], parts["1"], standard, 1, 1)))
        maps = residual(parts["7"], F.relu(convolve(parts["4"], parts["5"], maps, 2, 1)))
        pooled = F.adaptive_avg_pool2d(maps, 1).flatten(1)
        head = network.network.classifier
        probability = F.softmax(pooled @ head.weight.T + head.bias, dim=1)
    np.testing.assert_allclose(fitted.predict_proba(X_TEST[:8]), probability.numpy(), atol=1e-6)


def test_what_was_chosen_for_pictures_stands_in_the_record_with_its_reason(fitted):
    chosen = {choice.name: choice for choice in fitted.record_.choices}
    assert {"epochs", "learning_rate", "schedule", "batch_size", "validation"} <= set(chosen)
    assert all(choice.reason for choice in chosen.values())
    assert len(fitted.record_.epochs) == chosen["epochs"].value
    rates = fitted.record_.values("learning_rate")
    assert rates[0] < max(rates) > rates[-1]


def test_a_rate_of_the_users_own_is_kept_without_a_cycle():
    recipe = Training(epochs=2, learning_rate=0.01)
    model = ConvNetClassifier(SMALL, training=recipe, random_state=0).fit(X[:200], y[:200])
    assert model.record_.values("learning_rate") == [0.01, 0.01]


def test_means_and_scales_are_those_of_the_rows_that_are_learned_from():
    """The last rows judge, and are white: what is learned must not know of it."""
    pictures = X[:400].copy()
    pictures[300:] = 255
    recipe = Training(epochs=1, validation=0.25)
    model = ConvNetClassifier(SMALL, training=recipe, random_state=0).fit(
        pictures, y[:400], time=np.arange(400)
    )
    assert model.record_.n_validation_rows == 100
    assert model.means_[0] == pytest.approx(pictures[:300].mean(), rel=1e-5)
    assert model.scales_[0] == pytest.approx(pictures[:300].std(), rel=1e-5)


def test_the_same_seed_gives_the_same_bits_and_streams_stay_untouched(short):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    again = clone(short).fit(X[:400], y[:400])
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == np.random.get_state()[1]).all()  # noqa: NPY002
    assert (again.predict_proba(X_TEST) == short.predict_proba(X_TEST)).all()
    other = clone(short).set_params(random_state=1).fit(X[:400], y[:400])
    assert (other.predict_proba(X_TEST) != short.predict_proba(X_TEST)).any()


def test_arrays_of_any_layout_and_files_are_the_same_pictures(short, tmp_path):
    expected = short.predict_proba(X_TEST[:9])
    paths = []
    for number, picture in enumerate(X_TEST[:9]):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(picture).save(paths[-1])
    for given in (X_TEST[:9, None], X_TEST[:9, ..., None], torch.as_tensor(X_TEST[:9, None]), paths):
        assert (short.predict_proba(given) == expected).all()
    grey_as_colour = np.repeat(X_TEST[:9, ..., None], 3, axis=-1)
    np.testing.assert_allclose(short.predict_proba(grey_as_colour), expected, atol=1e-6)


def test_a_picture_has_the_same_answer_alone_and_among_others(short):
    assert (short.predict_proba(X_TEST)[:1] == short.predict_proba(X_TEST[:1])).all()


def test_pictures_are_brought_to_the_size_that_is_asked_for():
    model = ConvNetClassifier(SMALL, size=(12, 10), training=SHORT, random_state=0).fit(X[:200], y[:200])
    assert model.picture_shape_ == (1, 12, 10)
    assert model.predict(np.zeros((2, 40, 33), np.uint8)).shape == (2,)


def test_a_saved_model_answers_the_same_without_running_code(short, fitted, tmp_path):
    for name, model in (("short", short), ("fitted", fitted)):
        save(model, tmp_path / name)
        assert (load(tmp_path / name).predict_proba(X_TEST) == model.predict_proba(X_TEST)).all()
        assert (pickle.loads(pickle.dumps(model)).predict(X_TEST) == model.predict(X_TEST)).all()


def test_a_network_as_backbone_is_copied_and_starts_from_its_weights():
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)
    )
    before = {name: one.clone() for name, one in network.state_dict().items()}
    frozen = Training(epochs=1, learning_rate=1e-12)
    model = ConvNetClassifier(network, training=frozen, random_state=0).fit(X[:100], y[:100])
    assert all(torch.equal(before[name], one) for name, one in network.state_dict().items())
    assert torch.allclose(model.network_.network[0].weight, before["0.weight"])
    assert model.network_.network is not network


@pytest.mark.parametrize("backbone", ["resnet", 3, lambda channels, n_outputs: "net"])
def test_a_backbone_is_a_network_or_makes_one(backbone):
    with pytest.raises(InputError, match="backbone must be a network"):
        ConvNetClassifier(backbone, training=SHORT).fit(X[:50], y[:50])


def test_nothing_is_predicted_before_it_is_learned():
    with pytest.raises(NotFittedError):
        ConvNetClassifier().predict(X)


def test_several_labels_and_class_weights_are_learned():
    labels = np.stack([y % 2, y > 4], 1)
    recipe = Training(epochs=5)
    model = ConvNetClassifier(training=recipe, random_state=0).fit(X, labels)
    assert (model.predict(X_TEST) == np.stack([y_test % 2, y_test > 4], 1)).mean() > 0.9
    rare = np.flatnonzero((y != 3) | (np.arange(len(y)) % 10 == 0))
    plain, weighted = (
        ConvNetClassifier(SMALL, class_weight=weight, training=Training(epochs=4), random_state=0).fit(
            X[rare], y[rare]
        )
        for weight in (None, "balanced")
    )
    threes = X_TEST[y_test == 3]
    assert (weighted.predict(threes) == 3).sum() > (plain.predict(threes) == 3).sum()


def test_the_regressor_finds_the_ink_of_a_digit():
    ink = X.astype(float).mean((1, 2)) * 10 + 1000
    model = ConvNetRegressor(training=Training(epochs=5), random_state=0).fit(X, ink)
    truth = X_TEST.astype(float).mean((1, 2)) * 10 + 1000
    assert model.score(X_TEST, truth) > 0.9
