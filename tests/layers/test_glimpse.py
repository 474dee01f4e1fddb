import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import GlimpseSensor


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_glimpses_keep_the_layer_contract():
    check_layer(GlimpseSensor(3, n_scales=2), normal(3, 2, 10, 12), normal(3, 2).tanh(), shape=(3, 4, 3, 3))


def test_patches_are_cut_out_pixel_by_pixel_and_coarser_ones_are_means_of_fields():
    x, size, scales = normal(2, 2, 10, 12), 2, 3
    corners = [(6, 3), (1, 8)]  # (column, row) of the point between four pixels that is looked at
    place = torch.tensor([[2 * column / 12 - 1, 2 * row / 10 - 1] for column, row in corners])
    seen = GlimpseSensor(size, scales)(x, place).unflatten(1, (scales, 2))
    padded = F.pad(x, (8,) * 4)
    for picture, (column, row) in enumerate(corners):
        for scale in range(scales):
            coarse, half = 2**scale, size * 2**scale // 2
            window = padded[
                picture, :, row + 8 - half : row + 8 + half, column + 8 - half : column + 8 + half
            ]
            fields = window.unflatten(2, (size, coarse)).unflatten(1, (size, coarse)).mean((2, 4))
            torch.testing.assert_close(seen[picture, scale], fields, atol=1e-5, rtol=1e-5)


def test_beyond_the_edge_all_is_zero():
    seen = GlimpseSensor(4)(torch.ones(1, 1, 8, 8), torch.tensor([[1.0, 0.0]]))
    assert seen[0, 0].tolist() == [[1.0, 1.0, 0.0, 0.0]] * 4


def test_no_gradient_reaches_the_place():
    x, place = normal(2, 1, 8, 8).requires_grad_(), normal(2, 2).tanh().requires_grad_()
    GlimpseSensor(3)(x, place).sum().backward()
    assert x.grad.any()
    assert place.grad is None


def test_a_number_below_one_is_named():
    with pytest.raises(InputError, match="at least 1, got 0, 1 and 2"):
        GlimpseSensor(0)
