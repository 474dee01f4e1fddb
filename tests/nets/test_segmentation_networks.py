"""Networks that give each pixel a class: U-Net, FCN and SegNet."""

import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.metrics import dice_score, mean_iou
from netwright.nets import FCN, SegNet, UNet
from netwright.nets.fcn import upsampling
from netwright.optim import OneCycle
from netwright.training import Supervised, TensorSamples, Training, predict

sys.path.insert(0, str(Path(__file__).parent))
from planted_shapes import planted_shapes


def test_segmentation_networks_keep_the_layer_contract():
    x = torch.randn(3, 2, 11, 8)
    check_layer(UNet(2, 3, width=3, depth=2), x, shape=(3, 3, 11, 8))
    check_layer(FCN(2, 3, widths=(3, 4), hidden=3, skips=1), x, shape=(3, 3, 11, 8))
    check_layer(SegNet(2, 3, widths=(3, 4)), x, shape=(3, 3, 11, 8))


def learned(make, epochs=14):
    """Dice and mean IoU of the network on pictures that it has not seen."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = make()
    X, y = planted_shapes(192, noise=0.06)
    images, masks = torch.from_numpy(X).float() / 128 - 1, torch.from_numpy(y)
    recipe = Training(epochs=epochs, batch_size=16, learning_rate=8e-3, validation=0.0, schedule=OneCycle())
    recipe.run(network, Supervised(nn.CrossEntropyLoss()), TensorSamples(images, masks))
    X, y = planted_shapes(64, seed=1, noise=0.06)
    found = predict(network, torch.from_numpy(X).float() / 128 - 1, batch_size=64).argmax(1).numpy()
    return dice_score(y, found), mean_iou(y, found)


def test_unet_finds_planted_shapes_and_less_well_without_skips():
    dice, iou = learned(lambda: UNet(1, 3, width=8, depth=2))
    bare, _ = learned(lambda: UNet(1, 3, width=8, depth=2, skips=False))
    assert dice > 0.95
    assert iou > 0.95
    assert bare < dice - 0.005


def test_fcn_finds_planted_shapes():
    assert learned(lambda: FCN(1, 3, widths=(12, 24), hidden=32, skips=1))[1] > 0.95


def test_segnet_puts_maxima_back_to_where_they_stood_and_finds_planted_shapes():
    network, x = SegNet(1, 2, widths=(1,), convolutions=1), torch.rand(1, 1, 6, 8)
    network.down[0], network.up[0], network.last = nn.Identity(), nn.Identity(), nn.Identity()
    kept = network(x)
    blocks, seen = (
        x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4),
        kept.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4),
    )
    assert torch.equal(seen, torch.where(blocks == blocks.amax(-1, keepdim=True), blocks, 0.0))
    assert learned(lambda: SegNet(1, 3, widths=(8, 16, 32)))[1] > 0.95


def test_unet_without_padding_has_the_papers_sizes_and_weights():
    """572 pixels become 388; the weights are counted from figure 1, with a bias for each convolution."""
    with torch.device("meta"):
        network = UNet(1, 2, width=64, depth=4, padded=False, norm=False)
        assert network(torch.empty(1, 1, 572, 572)).shape == (1, 2, 388, 388)
    widths, count = [64, 128, 256, 512, 1024], 0
    for before, width in zip([1, *widths[:-1]], widths, strict=True):
        count += 9 * width * (before + width) + 2 * width
    for width in widths[:-1]:
        count += 4 * 2 * width * width + width  # up
        count += 9 * width * (2 * width + width) + 2 * width
    assert sum(p.numel() for p in network.parameters()) == count + 2 * 64 + 2


def test_unet_puts_the_middle_of_what_was_seen_beside_what_comes_up():
    """Against the network written out with the same weights."""
    torch.manual_seed(0)
    network, x = UNet(1, 2, width=2, depth=1, padded=False, norm=False), torch.randn(2, 1, 20, 22)

    def twice(y, layers):
        return F.relu(F.conv2d(F.relu(F.conv2d(y, *layers[0].parameters())), *layers[2].parameters()))

    seen = twice(x, network.inc.double_conv)
    deep = twice(F.max_pool2d(seen, 2), network.down1.maxpool_conv[1].double_conv)
    up = F.conv_transpose2d(deep, network.up1.up.weight, network.up1.up.bias, stride=2)
    joined = torch.cat([seen[:, :, 4:-4, 4:-4], up], 1)
    by_hand = F.conv2d(twice(joined, network.up1.conv.double_conv), *network.outc.conv.parameters())
    torch.testing.assert_close(network(x), by_hand)


@pytest.mark.parametrize("skips", [0, 1, 2])
def test_fcn_adds_the_scores_of_earlier_stages_to_larger_and_larger_maps(skips):
    """Against the network written out: FCN-32s, 16s and 8s have 0, 1 and 2 skips."""
    torch.manual_seed(0)
    network = FCN(1, 2, widths=(2, 3, 4), convolutions=(1, 1, 2), hidden=5, skips=skips).eval()
    x = torch.randn(2, 1, 16, 24)
    seen = [x]
    for stage in network.stages:
        seen.append(stage(seen[-1]))
    y = network.scores[0](F.relu(network.classifier[0](seen[3])))
    for skip in range(skips):
        y = network.ups[skip](y) + network.scores[skip + 1](seen[2 - skip])
    assert y.shape[2:] == (16 // 2 ** (3 - skips), 24 // 2 ** (3 - skips))
    torch.testing.assert_close(network(x), network.last(y))


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_upsampling_starts_as_bilinear_interpolation(stride):
    x = torch.randn(1, 2, 6, 7)
    larger = F.interpolate(x, scale_factor=stride, mode="bilinear", align_corners=False)
    inner = slice(stride, -stride)  # at the edge, interpolation repeats what a convolution takes for zero
    found = upsampling(2, stride)(x)
    torch.testing.assert_close(found[:, :, inner, inner], larger[:, :, inner, inner])


def test_pictures_and_settings_that_do_not_fit_are_named():
    with pytest.raises(InputError, match="3 poolings halve them, got 7 pixels"):
        UNet(1, 2, depth=3)(torch.zeros(1, 1, 7, 32))
    with pytest.raises(InputError, match="1 poolings halve them, got 21 pixels"):
        UNet(1, 2, depth=1, padded=False)(torch.zeros(1, 1, 21, 21))
    with pytest.raises(InputError, match="leave a middle"):
        UNet(1, 2, depth=1, padded=False)(torch.zeros(1, 1, 16, 32))
    with pytest.raises(InputError, match="more stages than skips"):
        FCN(widths=(4, 8), skips=2)
    with pytest.raises(InputError, match="must name a stage"):
        SegNet(widths=())
