"""RoIAlign, against its formula written out."""

import math

import pytest
import torch

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import RoIAlign

GENERATOR = torch.Generator().manual_seed(0)
MAPS = torch.randn(2, 3, 9, 12, generator=GENERATOR)
CORNERS = torch.rand(2, 5, 2, generator=GENERATOR) * torch.tensor([30.0, 22.0]) - 4
BOXES = torch.cat([CORNERS, CORNERS + 0.3 + torch.rand(2, 5, 2, generator=GENERATOR) * 20], dim=2)


def written_out(features, box, size, scale, samples, aligned):
    """One region, point by point."""
    height, width = features.shape[1:]
    shift = 0.5 if aligned else 0.0
    left, top, right, bottom = (float(side) * scale - shift for side in box)
    across, down = right - left, bottom - top
    if not aligned:
        across, down = max(across, 1.0), max(down, 1.0)
    answer = torch.zeros(len(features), size, size)
    for row in range(size):
        for column in range(size):
            for i in range(samples):
                for j in range(samples):
                    y = top + (row + (i + 0.5) / samples) * down / size
                    x = left + (column + (j + 0.5) / samples) * across / size
                    answer[:, row, column] += at(features, y, x, height, width)
    return answer / samples**2


def at(features, y, x, height, width):
    if y < -1 or y > height or x < -1 or x > width:
        return torch.zeros(len(features))
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    i, j = min(math.floor(y), height - 2), min(math.floor(x), width - 2)
    v, u = y - i, x - j
    upper = (1 - u) * features[:, i, j] + u * features[:, i, j + 1]
    lower = (1 - u) * features[:, i + 1, j] + u * features[:, i + 1, j + 1]
    return (1 - v) * upper + v * lower


def test_roi_align_keeps_the_layer_contract():
    check_layer(RoIAlign(3, 1 / 2), MAPS, BOXES, shape=(2, 5, 3, 3, 3))


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("samples", [1, 2, 3])
def test_roi_align_equals_the_written_out_reference(aligned, samples):
    found = RoIAlign(4, 0.5, samples, aligned)(MAPS, BOXES)
    for picture in range(2):
        for region in range(5):
            by_hand = written_out(MAPS[picture], BOXES[picture, region], 4, 0.5, samples, aligned)
            torch.testing.assert_close(found[picture, region], by_hand, rtol=1e-5, atol=1e-5)


def test_a_region_that_moves_by_a_fraction_of_a_pixel_moves_what_is_seen():
    """Where coordinates were rounded, as in RoIPool, nothing would change."""
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    box = torch.tensor([[[2.0, 2.0, 10.0, 10.0]]])
    moved = RoIAlign(2)(ramp, box + 0.25) - RoIAlign(2)(ramp, box)
    torch.testing.assert_close(moved, torch.full_like(moved, 0.25))


def test_senseless_settings_are_named():
    with pytest.raises(InputError, match="size, scale and samples must be above 0"):
        RoIAlign(0)
