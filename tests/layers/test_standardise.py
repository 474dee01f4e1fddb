import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import Standardise
from netwright.layers.normalisation.standardise import rows_of_a_part

DIGITS = torch.as_tensor(load_digits().images[:, None].astype(np.uint8))


def test_standardise_keeps_the_layer_contract():
    check_layer(Standardise([1.0, 2.0], [0.5, 3.0]), torch.randn(3, 2, 5, 4), shape=(3, 2, 5, 4))


def test_each_channel_is_what_scikit_learn_makes_of_it():
    images = torch.cat([DIGITS, 255 - DIGITS], 1)
    layer = Standardise.of(images)
    for channel in (0, 1):
        values = images[:, channel].reshape(-1, 1).double().numpy()
        expected = StandardScaler().fit_transform(values).ravel()
        np.testing.assert_allclose(layer(images)[:, channel].flatten().numpy(), expected, atol=1e-5)


def test_bytes_and_floats_of_the_same_value_give_the_same_float32():
    layer = Standardise.of(DIGITS)
    assert layer(DIGITS).dtype is torch.float32
    assert torch.equal(layer(DIGITS), layer(DIGITS.float()))


def test_no_digits_are_lost_far_from_zero_and_over_many_parts():
    x = torch.randn(5000, 1, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1e6
    layer = Standardise.of(x)
    assert layer.scale.item() == pytest.approx(x.std(correction=0).item(), rel=1e-6)
    assert layer.mean.item() == pytest.approx(x.mean().item())


def test_a_constant_channel_is_only_shifted():
    layer = Standardise.of(torch.full((4, 1, 3, 3), 7, dtype=torch.uint8))
    assert layer.scale.tolist() == [1.0]
    assert not layer(torch.full((1, 1, 3, 3), 7, dtype=torch.uint8)).any()


@pytest.mark.parametrize("level", [1e6, -1e6])
def test_a_channel_that_varies_by_rounding_alone_is_constant(level):
    x = level + 1e-5 * torch.randn(50, 1, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert Standardise.of(x).scale.tolist() == [1.0]


def test_without_a_row_there_is_nothing_to_learn():
    with pytest.raises(InputError, match="one row or more"):
        Standardise.of(DIGITS[:0])


def test_large_pictures_are_summed_up_in_smaller_parts():
    assert [rows_of_a_part(shape) for shape in ((1, 28, 28), (3, 128, 128), (3, 9000, 9000))] == [
        4096,
        341,
        1,
    ]


def test_nothing_in_it_is_learned_by_an_optimizer():
    assert not list(Standardise([0.0], [1.0]).parameters())
    assert set(Standardise([0.0], [1.0]).state_dict()) == {"mean", "scale"}


@pytest.mark.parametrize(("mean", "scale"), [([0.0], [0.0]), ([0.0], [1.0, 1.0]), ([], []), ([0.0], [-1.0])])
def test_scales_that_divide_by_nothing_are_refused(mean, scale):
    with pytest.raises(InputError, match="one number for each channel"):
        Standardise(mean, scale)
