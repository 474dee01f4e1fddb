import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import PictureNet, Standardised
from netwright.nets.picture_net import Residual


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_network_and_its_block_keep_the_layer_contract():
    check_layer(PictureNet(3, 2, widths=(4, 6), patch=2), drawn(2, 2, 9, 8), shape=(2, 3))
    check_layer(Residual(4), drawn(2, 4, 5, 6), shape=(2, 4, 5, 6))


def test_a_residual_block_is_its_formula():
    block, x = Residual(4).eval(), drawn(2, 4, 5, 6)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(1))
        first, norm1, _, second, norm2 = block.branch
        inner = F.relu(norm1(F.conv2d(x, first.weight, padding=1)))
        by_hand = F.relu(x + norm2(F.conv2d(inner, second.weight, padding=1)))
        torch.testing.assert_close(block(x), by_hand)


def test_the_first_convolution_steps_over_patches_and_each_stage_halves_the_rest():
    network = PictureNet(widths=(4, 8, 16), patch=4)
    assert network.features[:3](drawn(1, 1, 64, 48)).shape == (1, 4, 16, 12)
    assert network.features(drawn(1, 1, 64, 48)).shape == (1, 16, 4, 3)


def test_the_answer_is_made_in_two_steps():
    network, x = PictureNet(5, 3).eval(), drawn(2, 3, 28, 28)
    assert torch.equal(network(x), network.classify(network.features(x)))
    maps = network.features(x)
    by_hand = maps.mean((2, 3)) @ network.classifier.weight.T + network.classifier.bias
    torch.testing.assert_close(network(x), by_hand)


def test_other_channels_and_empty_stages_are_refused():
    with pytest.raises(InputError, match="must have 1 channels, got 3"):
        PictureNet()(drawn(1, 3, 28, 28))
    with pytest.raises(InputError, match="must be 1 or more"):
        PictureNet(widths=())


def test_a_standardised_network_takes_bytes_and_keeps_both_steps():
    inner = PictureNet(5, 1).eval()
    network = Standardised(inner, mean=[100.0], scale=[50.0]).eval()
    x = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network(x), inner((x.float() - 100) / 50))
    assert torch.equal(network.classify(network.features(x)), network(x))
    assert not hasattr(Standardised(nn.Flatten(), [0.0], [1.0]), "features")
    check_layer(Standardised(PictureNet(3, 1, (4,)), [1.0], [2.0]), drawn(2, 1, 8, 8), shape=(2, 3))
