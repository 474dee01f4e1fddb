import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import BlurPool2d
from netwright.nets import BasicBlock, Bottleneck, ResNet


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stirred(block):
    """The block in evaluation, with statistics and scales of batch normalisation that are not one."""
    block = copy.deepcopy(block)
    block.train()(normal(8, 8, 6, 6, seed=1))
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=torch.Generator().manual_seed(2))
    return block.eval()


def convolved(x, conv, norm, stride=1):
    """By hand: a convolution with its batch normalisation."""
    y = F.conv2d(x, conv.weight, stride=stride, padding=conv.weight.shape[-1] // 2, groups=conv.groups)
    mean, deviation = norm.running_mean[:, None, None], (norm.running_var + 1e-5).sqrt()[:, None, None]
    return (y - mean) / deviation * norm.weight[:, None, None] + norm.bias[:, None, None]


@pytest.mark.parametrize(
    ("block", "shape"),
    [
        (BasicBlock(8, 8), (3, 8, 6, 6)),
        (BasicBlock(8, 16, 2), (3, 16, 3, 3)),
        (Bottleneck(8, 4, 16, 2, groups=2, blur=3), (3, 16, 3, 3)),
    ],
)
def test_residual_blocks_keep_the_layer_contract(block, shape):
    check_layer(block, normal(3, 8, 6, 6), shape=shape)


def test_a_basic_block_adds_what_two_convolutions_find():
    x = normal(2, 8, 6, 6)
    block = stirred(BasicBlock(8, 8))
    found = convolved(F.relu(convolved(x, block.conv1, block.bn1)), block.conv2, block.bn2)
    torch.testing.assert_close(block(x), F.relu(found + x), atol=1e-5, rtol=1e-5)
    block = stirred(BasicBlock(8, 16, stride=2))
    found = convolved(F.relu(convolved(x, block.conv1, block.bn1, 2)), block.conv2, block.bn2)
    same = convolved(x, *block.downsample, stride=2)
    torch.testing.assert_close(block(x), F.relu(found + same), atol=1e-5, rtol=1e-5)


def test_a_bottleneck_adds_what_three_convolutions_find():
    x = normal(2, 8, 6, 6)
    block = stirred(Bottleneck(8, 4, 16, stride=2))
    found = F.relu(convolved(x, block.conv1, block.bn1))
    found = F.relu(convolved(found, block.conv2, block.bn2, 2))
    found = convolved(found, block.conv3, block.bn3) + convolved(x, *block.downsample, stride=2)
    torch.testing.assert_close(block(x), F.relu(found), atol=1e-5, rtol=1e-5)


def test_groups_of_a_bottleneck_are_parts_that_are_added():
    x = normal(2, 8, 6, 6)
    block = stirred(Bottleneck(8, 12, 8, groups=3))
    narrow = F.relu(convolved(x, block.conv1, block.bn1))
    found = 0
    for part in (slice(0, 4), slice(4, 8), slice(8, 12)):  # the paper's sum of transformations
        seen = F.conv2d(narrow[:, part], block.conv2.weight[part], padding=1)
        mean, deviation = block.bn2.running_mean[part], (block.bn2.running_var[part] + 1e-5).sqrt()
        scale = block.bn2.weight[part] / deviation
        seen = seen * scale[:, None, None] + (block.bn2.bias[part] - mean * scale)[:, None, None]
        found = found + F.conv2d(F.relu(seen), block.conv3.weight[:, part])
    mean, deviation = block.bn3.running_mean[:, None, None], (block.bn3.running_var + 1e-5).sqrt()
    found = (found - mean) / deviation[:, None, None] * block.bn3.weight[:, None, None]
    found = found + block.bn3.bias[:, None, None]
    torch.testing.assert_close(block(x), F.relu(found + x), atol=1e-5, rtol=1e-5)


def test_a_blur_stands_behind_the_rectifier_and_before_the_shortcut():
    x, blur = normal(2, 8, 6, 6), BlurPool2d(3, 2)
    block = stirred(BasicBlock(8, 16, stride=2, blur=3))
    found = blur(F.relu(convolved(x, block.conv1, block.bn1)))
    found = convolved(found, block.conv2, block.bn2) + convolved(blur(x), *block.downsample)
    torch.testing.assert_close(block(x), F.relu(found), atol=1e-5, rtol=1e-5)


def test_with_a_blur_no_convolution_and_no_pooling_thins_by_itself():
    network = ResNet.published(50, blur=3)
    kinds = (nn.Conv2d, nn.MaxPool2d)
    assert all(m.stride in (1, (1, 1)) for m in network.modules() if isinstance(m, kinds))
    assert list(network.state_dict()) == list(ResNet.published(50).state_dict())  # the same weights load


def test_impossible_sizes_are_named():
    with pytest.raises(InputError, match="bottleneck blocks, got groups 4 of width 64"):
        ResNet(groups=4)
    with pytest.raises(InputError, match="18, 34, 50, 101 or 152, got 20"):
        ResNet.published(20)
