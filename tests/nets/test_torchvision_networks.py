"""Our networks beside torchvision's, with the same weights: see fixtures/torchvision_nets.py."""

import json
import runpy
from pathlib import Path

import pytest
import torch
from torch import nn

from netwright.nets import VGG, AlexNet, DenseNet, ResNet

FIXTURES = Path(__file__).with_name("fixtures")
RECIPE = runpy.run_path(str(FIXTURES / "torchvision_nets.py"))
THEIRS = json.loads((FIXTURES / "torchvision_nets.json").read_text(encoding="utf-8"))["networks"]


def assert_is_theirs(name, build):
    """Holds count, names and shapes of the parameters, and the logits, against torchvision's."""
    with torch.device("meta"):  # random weights would be thrown away
        network = build()
    state = network.state_dict()
    assert sum(parameter.numel() for parameter in network.parameters()) == THEIRS[name]["parameters"]
    assert RECIPE["layout"](state) == THEIRS[name]["layout"]
    network.load_state_dict(RECIPE["weights"](state), assign=True)
    with torch.no_grad():
        logits = network.eval()(RECIPE["pictures"]())
    expected = torch.tensor(THEIRS[name]["logits"])
    assert (expected[0] - expected[1]).abs().max() > 1e-3  # the pictures are told apart
    torch.testing.assert_close(logits[:, ::50], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_a_resnet_is_torchvisions(depth):
    assert_is_theirs(f"resnet{depth}", lambda: ResNet.published(depth))


@pytest.mark.parametrize(
    ("name", "depth", "groups", "group_width"),
    [
        ("resnext50_32x4d", 50, 32, 4),
        ("resnext101_32x8d", 101, 32, 8),
        ("wide_resnet50_2", 50, 1, 128),
    ],
)
def test_a_resnext_or_wide_resnet_is_torchvisions(name, depth, groups, group_width):
    build = lambda: ResNet.published(depth, groups=groups, group_width=group_width)  # noqa: E731
    assert_is_theirs(name, build)


def test_alexnet_is_torchvisions():
    assert_is_theirs("alexnet", AlexNet.published)


@pytest.mark.parametrize(("name", "depth", "norm"), [("vgg16", 16, None), ("vgg11_bn", 11, nn.BatchNorm2d)])
def test_a_vgg_is_torchvisions(name, depth, norm):
    assert_is_theirs(name, lambda: VGG.published(depth, norm=norm))


@pytest.mark.parametrize("depth", [121, 161, 169, 201])
def test_a_densenet_is_torchvisions(depth):
    assert_is_theirs(f"densenet{depth}", lambda: DenseNet.published(depth))
