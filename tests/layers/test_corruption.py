"""Noise and holes in front of a network, and categories as columns of 0 and 1."""

import pytest
import torch
from sklearn.preprocessing import OneHotEncoder

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import GaussianNoise, MaskingNoise, OneHotColumns


def test_they_keep_the_layer_contract():
    check_layer(GaussianNoise(0.5), torch.randn(4, 3), shape=(4, 3))
    check_layer(MaskingNoise(0.5, torch.ones(3)), torch.randn(4, 3), shape=(4, 3))
    check_layer(OneHotColumns(2, [3, 2]), torch.tensor([[0.5, 1.5, 2.0, 1.0]] * 4), shape=(4, 7))


def test_noise_has_the_mean_and_the_deviation_that_were_asked_for():
    torch.manual_seed(0)
    noise = GaussianNoise(0.5)(torch.zeros(100_000))
    assert noise.mean().item() == pytest.approx(0, abs=0.01)
    assert noise.std().item() == pytest.approx(0.5, abs=0.01)


def test_the_share_of_holes_is_what_was_asked_for_and_the_rest_stays_as_it_is():
    torch.manual_seed(0)
    x = torch.randn(1000, 20) + 10
    fill = torch.arange(20.0) - 20
    spoilt = MaskingNoise(0.3, fill)(x)
    holes = spoilt == fill
    assert holes.float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(spoilt[~holes], x[~holes])
    assert holes.float().mean(0).min() > 0.2  # everywhere


@pytest.mark.parametrize(
    "layer", [lambda: GaussianNoise(-1.0), lambda: MaskingNoise(1.0), lambda: MaskingNoise(-0.1)]
)
def test_settings_out_of_bounds_are_refused(layer):
    with pytest.raises(InputError):
        layer()


def test_one_hot_columns_equal_scikit_learns():
    codes = torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
    theirs = OneHotEncoder(categories=[[0, 1, 2], [0, 1]], sparse_output=False).fit_transform(codes.numpy())
    numbers = torch.randn(3, 2)
    ours = OneHotColumns(2, [3, 2])(torch.cat([numbers, codes], 1))
    torch.testing.assert_close(ours, torch.cat([numbers, torch.from_numpy(theirs).float()], 1))
