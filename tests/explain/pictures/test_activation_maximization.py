"""The picture to which a part of a network answers most."""

import math

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.explain import Smoothness, activation_maximization, feature_maps
from netwright.training import Training
from netwright.vision import ConvNetClassifier

ANGLES = (0.0, 25.0, 60.0, 90.0, 135.0)


def gabor(angle, side=9, wavelength=5.0):
    """A Gabor filter whose waves run in a direction, in degrees from the columns to the rows."""
    place = torch.arange(side) - side // 2
    y, x = torch.meshgrid(place, place, indexing="ij")
    along = x * math.cos(math.radians(angle)) + y * math.sin(math.radians(angle))
    wave = torch.exp(-(x**2 + y**2) / 12.0) * torch.cos(2 * math.pi * along / wavelength)
    return wave - wave.mean()


@pytest.fixture(scope="module")
def network():
    planted = nn.Conv2d(1, len(ANGLES), 9, bias=False)
    planted.weight.data = torch.stack([gabor(angle) for angle in ANGLES])[:, None]
    return nn.Sequential(planted, nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(5 * 256, 2))


def orientation(picture):
    """The direction of the strongest wave in a picture, in degrees from 0 to 180."""
    size = 64
    power = torch.fft.fft2(picture - picture.mean(), (size, size)).abs()
    down, across = divmod(int(power.argmax()), size)
    down, across = (down + size // 2) % size - size // 2, (across + size // 2) % size - size // 2
    return math.degrees(math.atan2(down, across)) % 180


@pytest.mark.parametrize(
    "smoothness", [Smoothness(), Smoothness(jitter=2), Smoothness(blur=0.7)], ids=["plain", "jitter", "blur"]
)
def test_pictures_have_the_orientation_of_planted_filters_and_activations_only_rise(network, smoothness):
    dreamt = activation_maximization(network, "1", range(5), (1, 24, 24), smoothness=smoothness)
    for picture, angle in zip(dreamt.images, ANGLES, strict=True):
        off = abs(orientation(picture[0]) - angle)
        assert min(off, 180 - off) <= 10
    assert (dreamt.activations.diff(dim=0) >= 0).all()
    assert (dreamt.activations[-1] > 3 * dreamt.activations[0]).all()


def test_a_linear_unit_under_the_l2_penalty_gives_its_weights():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    dreamt = activation_maximization(
        network, "", 1, (1, 6, 6), steps=300, smoothness=Smoothness(l2=5.0, total_variation=0)
    )
    weight = network[1].weight[1].detach()
    best = weight / (2 * 5.0 * weight.square().mean().sqrt())  # where the gradient is 0
    torch.testing.assert_close(dreamt.images[0].flatten() - 0.5, best, atol=0.02, rtol=0)


def test_each_regulariser_makes_pictures_smoother_or_greyer(network):
    def dream(**weights):
        return activation_maximization(network, "1", 2, (1, 24, 24), smoothness=Smoothness(**weights)).images[
            0
        ]

    def rough(picture):
        return picture.diff(dim=1).square().mean() + picture.diff(dim=2).square().mean()

    free = dream(l2=0, total_variation=0)
    assert rough(dream(l2=0, total_variation=2.0)) < 0.7 * rough(free)
    assert (dream(l2=5.0, total_variation=0) - 0.5).square().mean() < 0.7 * (free - 0.5).square().mean()
    assert rough(dream(l2=0, total_variation=0, blur=2.0)) < 0.7 * rough(free)


def test_a_seed_gives_the_same_picture_and_the_user_s_stream_stays(network):
    state = torch.random.get_rng_state()
    once, again, other = (
        activation_maximization(network, "1", 0, (1, 16, 16), steps=8, random_state=seed,
                                smoothness=Smoothness(jitter=2)).images
        for seed in (1, 1, 2)
    )  # fmt: skip
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(p.grad is None for p in network.parameters())


def test_an_estimator_dreams_of_its_classes_and_recognises_them():
    digits = load_digits()
    model = ConvNetClassifier(training=Training(epochs=4), random_state=0)
    model.fit(digits.images / 16, digits.target)
    dreamt = activation_maximization(model, "", range(10), steps=40)
    assert dreamt.images.shape == (10, 1, 8, 8)
    assert dreamt.images.min() >= 0
    assert dreamt.images.max() <= 255
    said = model.predict(dreamt.images.round().to(torch.uint8))
    assert (said == model.classes_).all()


def test_feature_maps_are_what_the_layer_gives(network):
    images = torch.rand(3, 1, 24, 24)
    torch.testing.assert_close(feature_maps(network, images, "1"), network[:2](images).detach())
    with pytest.raises(InputError, match="layer must give maps"):
        feature_maps(network, images, "2")
    with pytest.raises(InputError, match="name of the network, got 'conv1'; such as 0, 1, 2, 3"):
        feature_maps(network, images, "conv1")


def test_what_cannot_be_climbed_is_refused(network):
    with pytest.raises(InputError, match="a shape"):
        activation_maximization(network, "1", 0)
    with pytest.raises(InputError, match="units must be numbers of the layer"):
        activation_maximization(network, "1", 5, (1, 24, 24))
