"""What all networks for pictures share: the contract, two steps, the head, and that they learn digits."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import (
    VGG,
    AlexNet,
    ConvNet,
    DenseNet,
    ImageNetwork,
    LeNet5,
    ResNet,
    SparseLeNet5,
    cut_head,
    head_of,
    replace_head,
)

SMALL = {  # name: (builder from channels and side of the picture, side)
    "ConvNet": (lambda: ConvNet(channels=1, widths=(12, 24), depth=1), 8),
    "ConvNet, anti-aliased": (lambda: ConvNet(channels=1, widths=(8, 16), depth=1, blur=3), 16),
    "ConvNet, dropout": (lambda: ConvNet(channels=1, widths=(8,), dropout=0.2, norm_after=False), 8),
    "ConvNet, normalised before": (
        lambda: ConvNet(channels=1, widths=(12, 24), depth=1, norm_after=False), 8,
    ),
    "AlexNet": (lambda: AlexNet(channels=1, widths=(8, 16, 16, 16, 16), hidden=32, dropout=0.1), 16),
    "AlexNet, anti-aliased": (lambda: AlexNet(10, 1, (4, 4, 4, 4, 4), hidden=8, blur=3), 19),
    "DenseNet": (lambda: DenseNet((2, 2), growth=8, width=8, channels=1), 8),
    "DenseNet, published stem, anti-aliased": (
        lambda: DenseNet((1, 1), growth=4, width=8, channels=1, small=False, blur=3), 32,
    ),
    "VGG": (lambda: VGG((1, 1), (12, 24), channels=1, hidden=48, dropout=0.1), 8),
    "VGG, anti-aliased": (lambda: VGG((1,), (4,), channels=1, norm=None, hidden=8, blur=3), 8),
    "SparseLeNet5": (lambda: SparseLeNet5(padding=0), 32),
    "LeNet5": (lambda: LeNet5(padding=0), 32),
    "ResNet": (lambda: ResNet((1, 1), channels=1, width=12), 8),
    "ResNet, anti-aliased": (lambda: ResNet((1, 1), channels=1, width=8, blur=3), 8),
    "ResNeXt": (lambda: ResNet((1, 1), 10, 1, 16, bottleneck=True, groups=4, group_width=16), 8),
    "ResNet, published stem": (lambda: ResNet((1, 1, 1), channels=1, width=8, small=False), 32),
    "ResNet, published stem, anti-aliased": (
        lambda: ResNet((1, 1, 1), channels=1, width=8, small=False, blur=3), 32,
    ),
}  # fmt: skip
every = pytest.mark.parametrize("name", SMALL)


def built(name):
    """The small network of one name, and the side of its pictures."""
    build, side = SMALL[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(), side


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def digits(side):
    """Pictures of scikit-learn's digits, enlarged to a side, and their classes, in a random order."""
    images, target = load_digits(return_X_y=True)
    order = torch.randperm(len(target), generator=torch.Generator().manual_seed(0))
    pictures = torch.from_numpy(images).float().reshape(-1, 1, 8, 8)[order] / 8 - 1
    if side != 8:
        pictures = F.interpolate(pictures, size=(side, side), mode="bilinear", antialias=True)
    return pictures, torch.from_numpy(target)[order]


def learn(network, pictures, target, epochs, rate):
    """Trains in place, at a rate that rises and falls."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        optimizer = torch.optim.AdamW(network.parameters(), lr=rate)
        steps = epochs * -(-len(target) // 64)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
        network.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(target)).split(64):
                loss = F.cross_entropy(network(pictures[rows]), target[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return network.eval()


def right(network, pictures, target):
    with torch.no_grad():
        return (network(pictures).argmax(dim=1) == target).double().mean().item()


@every
def test_a_network_for_pictures_keeps_the_layer_contract(name):
    network, side = built(name)
    check_layer(network, normal(3, 1, side, side), shape=(3, 10))


@every
def test_the_answer_is_what_is_said_of_the_features(name):
    network, side = built(name)
    x = normal(2, 1, side, side)
    assert isinstance(network, ImageNetwork)
    maps = network.eval().features(x)
    assert maps.ndim == 4
    torch.testing.assert_close(network.classify(maps), network(x), rtol=0, atol=0)


@every
def test_a_new_head_stands_on_the_vector_that_a_cut_head_leaves(name):
    network, side = built(name)
    x = normal(2, 1, side, side)
    replace_head(network, 3)
    head = head_of(network)
    assert isinstance(head, nn.Linear)
    answer = network.eval()(x)
    assert answer.shape == (2, 3)
    cut_head(network)
    torch.testing.assert_close(head(network(x)), answer)


def test_a_head_that_is_not_there_is_named():
    with pytest.raises(InputError, match="must have a part fc or classifier, got ReLU with no parts"):
        head_of(nn.ReLU())
    network, _ = built("ResNet")
    cut_head(network)
    with pytest.raises(InputError, match="head must be a linear layer, got Identity"):
        replace_head(network, 2)


@every
def test_pictures_of_other_channels_are_named(name):
    network, side = built(name)
    with pytest.raises(InputError, match="1 channels, got 3"):
        network(normal(2, 3, side, side))


@pytest.mark.parametrize(
    ("network", "side"),
    [
        (ConvNet(widths=(4, 4, 4)), 8),
        (ConvNet(widths=(4, 4), blur=4), 8),
        (VGG((1, 1), (4, 4), channels=1, hidden=4), 4),
        (VGG((1, 1), (4, 4), channels=1, hidden=4, blur=3), 6),
        (ResNet((1, 1, 1), channels=1, blur=4), 5),
        (ResNet((1, 1, 1, 1), channels=1, width=4, small=False, blur=3), 19),
        (DenseNet((1, 1, 1), channels=1), 4),
        (DenseNet((1, 1, 1), channels=1, blur=3), 3),
        (DenseNet((1, 1, 1, 1), channels=1, small=False), 29),
        (DenseNet((1, 1, 1, 1), channels=1, small=False, blur=3), 19),
        (AlexNet(channels=1), 15),
        (AlexNet(channels=1, blur=3), 19),
        (AlexNet(channels=1, small=False), 63),
        (AlexNet(channels=1, small=False, blur=3), 79),
    ],
)
def test_the_smallest_picture_passes_and_one_pixel_less_is_named(network, side):
    assert network.eval()(normal(2, 1, side, side)).isfinite().all()
    with pytest.raises(InputError, match=f"{side} x {side} pixels or larger, got {side - 1}"):
        network(normal(2, 1, side, side - 1).mT)


@pytest.mark.parametrize(
    ("name", "epochs", "rate"),
    [
        ("ConvNet", 12, 0.02),
        ("ConvNet, normalised before", 12, 0.02),
        ("LeNet5", 8, 0.01),
        ("VGG", 12, 0.01),
        ("ResNet", 10, 0.02),
        ("ResNeXt", 8, 0.02),
        ("DenseNet", 10, 0.02),
    ],
)
def test_a_small_form_learns_at_least_97_percent_of_the_digits(name, epochs, rate):
    network, side = built(name)
    pictures, target = digits(side)
    learn(network, pictures[:1300], target[:1300], epochs, rate)
    assert right(network, pictures[1300:], target[1300:]) >= 0.97
