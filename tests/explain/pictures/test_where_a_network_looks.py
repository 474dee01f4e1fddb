"""Occlusion, integrated gradients, and whether all maps point at planted objects."""

import io
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from netwright.core.errors import InputError
from netwright.explain import (
    class_activation_map,
    grad_cam,
    heat_png,
    integrated_gradients,
    occlusion_sensitivity,
    pointing_game,
    tile_png,
    weight_inside,
)


def absolute_gradients(network, images, target):
    return integrated_gradients(network, images, target, baseline=20.0).abs().sum(1)


def around(explain):
    """Single pixels are noisy: the weight of a neighbourhood is what points."""
    return lambda *given: F.avg_pool2d(explain(*given), 3, 1, 1, count_include_pad=False)


@pytest.mark.parametrize(
    "explain",
    [
        class_activation_map,
        grad_cam,
        partial(occlusion_sensitivity, patch=4, stride=2),
        around(absolute_gradients),
    ],
    ids=["cam", "grad-cam", "occlusion", "integrated"],
)
def test_the_peak_and_most_of_the_weight_lie_on_the_planted_object(planted, explain):
    network, images, classes, boxes = planted
    maps = explain(network, images, classes)
    assert pointing_game(maps, boxes) >= 0.95
    assert (weight_inside(maps, boxes) > 0.5).float().mean() >= 0.95
    elsewhere = boxes.roll(1, 0)  # what another object's box would get
    assert pointing_game(maps, elsewhere) < 0.5


def test_integrated_gradients_are_complete_to_a_hundredth(planted):
    network, images, classes, _ = planted
    parts = integrated_gradients(network, images, classes, steps=2)
    assert parts.shape == images.shape
    with torch.no_grad():
        gain = network(images) - network(torch.zeros_like(images))
    gain = gain.gather(1, classes[:, None])[:, 0]
    assert (parts.sum((1, 2, 3)) - gain).abs().le(0.01 * gain.abs() + 1e-5).all()


def test_integrated_gradients_of_a_polynomial_are_those_of_pen_and_paper():
    class Product(nn.Module):
        def forward(self, x):
            first, second, third = x.flatten(1)[:, :3].T
            return torch.stack([first * second + third**3, third], dim=1)

    images = torch.tensor([[[[3.0, 2.0, 1.0]]], [[[1.0, -4.0, 2.0]]]])
    expected = torch.tensor([[[[3.0, 3.0, 1.0]]], [[[-2.0, -2.0, 8.0]]]])  # a product is shared in halves
    torch.testing.assert_close(integrated_gradients(Product(), images, 0), expected)
    from_one = integrated_gradients(Product(), images, 1, baseline=1.0)
    torch.testing.assert_close(from_one, torch.tensor([[[[0.0, 0.0, 0.0]]], [[[0.0, 0.0, 1.0]]]]))


def test_a_jump_that_no_gradient_shows_is_told():
    class Jump(nn.Module):
        def forward(self, x):
            return (x.flatten(1) > 0.5).float().sum(1, keepdim=True) + 0 * x.flatten(1).sum(1, keepdim=True)

    with pytest.warns(RuntimeWarning, match="off by over 1%: rows"):
        integrated_gradients(Jump(), torch.ones(2, 1, 2, 2), steps=256)


def test_occlusion_of_a_linear_network_is_the_covered_weight():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(2 * 6 * 7, 3))
    images, weight = torch.rand(4, 2, 6, 7), network[1].weight.detach()[1].view(2, 6, 7)
    for fill, cover in ((0.25, torch.full((4, 2, 1, 1), 0.25)), (None, images.mean((2, 3), keepdim=True))):
        maps = occlusion_sensitivity(network, images, 1, patch=3, stride=2, fill=fill)
        total, count = torch.zeros(4, 6, 7), torch.zeros(6, 7)
        for top in (-1, 1, 3, 5):
            for left in (-1, 1, 3, 5):
                down, across = slice(max(top, 0), top + 3), slice(max(left, 0), left + 3)
                lost = ((images - cover) * weight)[..., down, across].sum((1, 2, 3))
                total[:, down, across] += lost[:, None, None]
                count[down, across] += 1
        torch.testing.assert_close(maps, total / count)
        small = occlusion_sensitivity(network, images, 1, patch=3, stride=2, fill=fill, batch_size=5)
        torch.testing.assert_close(small, maps)


def test_what_cannot_be_asked_is_refused():
    network, images = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), torch.rand(2, 1, 4, 4)
    with pytest.raises(InputError, match="patch must fit"):
        occlusion_sensitivity(network, images, patch=5)
    with pytest.raises(InputError, match="stride be from 1 to patch"):
        occlusion_sensitivity(network, images, patch=2, stride=3)
    with pytest.raises(InputError, match="baseline must broadcast"):
        integrated_gradients(network, images, baseline=torch.zeros(3))
    with pytest.raises(InputError, match="steps must be 1 or more"):
        integrated_gradients(network, images, steps=0)
    with pytest.raises(InputError, match="one box for each map"):
        pointing_game(torch.zeros(2, 4, 4), torch.zeros(3, 4))
    with pytest.raises(InputError, match="heat of its size"):
        heat_png(torch.zeros(1, 2, 2), torch.zeros(3, 3))
    with pytest.raises(InputError, match="for one picture add an axis"):
        tile_png(torch.zeros(2, 2))


def test_heat_is_red_for_and_blue_against_and_grey_where_nothing_is_said():
    heat = torch.tensor([[1.0, -1.0], [0.0, 0.0]])
    png = heat_png(torch.full((3, 2, 2), 100, dtype=torch.uint8), heat, enlarge=2)
    pixels = np.asarray(Image.open(io.BytesIO(png))).astype(int)
    assert pixels.shape == (4, 4, 3)
    assert pixels[0, 0, 0] > pixels[0, 0, 2] + 80
    assert pixels[0, 3, 2] > pixels[0, 3, 0] + 80
    assert (pixels[2:] == 100).all()


def test_tiles_stand_in_order_each_with_its_own_contrast():
    tiles = torch.stack([torch.eye(2), 100 * torch.eye(2).flip(0), torch.ones(2, 2)])
    pixels = np.asarray(Image.open(io.BytesIO(tile_png(tiles, columns=2))))
    assert pixels.shape == (5, 5, 3)
    assert pixels[:2, :2, 0].tolist() == [[255, 0], [0, 255]]
    assert pixels[:2, 3:, 0].tolist() == [[0, 255], [255, 0]]
    assert (pixels[2] == 128).all()
    assert (pixels[3:, :2] == 0).all()
