import torch
import torch.nn.functional as F
from torch import nn

from netwright.nets import ConvNet


def kinds(network):
    return [type(layer).__name__ for layer in network.features]


def test_normalisation_stands_where_it_was_asked_for_and_behind_the_activation_by_default():
    after = ["Conv2d", "ReLU", "BatchNorm2d"]
    before = ["Conv2d", "BatchNorm2d", "ReLU"]
    for settings, once in [({}, after), ({"norm_after": True}, after), ({"norm_after": False}, before),
                           ({"norm": None}, ["Conv2d", "ReLU"])]:  # fmt: skip
        network = ConvNet(widths=(4, 8), depth=2, **settings)
        assert kinds(network) == [*once, *once, "MaxPool2d"] * 2


def test_behind_the_activation_the_next_layer_gets_normalised_maps_and_before_it_does_not():
    x = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    for norm_after, normalised in ((True, True), (False, False)):
        network = ConvNet(widths=(4,), depth=1, norm_after=norm_after).train()
        maps = network.features[:3](x)
        mean, variance = maps.mean((0, 2, 3)), maps.var((0, 2, 3), unbiased=False)
        ours = torch.allclose(mean, torch.zeros(4), atol=1e-4) and torch.allclose(
            variance, torch.ones(4), atol=1e-2
        )
        assert ours == normalised


def test_the_answer_is_its_formula():
    network = ConvNet(3, 2, widths=(4,), depth=2, activation=nn.Tanh, norm=None).double()
    x = torch.randn(2, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    first, second = network.features[0], network.features[2]
    h = torch.tanh(F.conv2d(x, first.weight, first.bias, padding=1))
    h = F.max_pool2d(torch.tanh(F.conv2d(h, second.weight, second.bias, padding=1)), 2)
    expected = h.mean((2, 3)) @ network.classifier.weight.T + network.classifier.bias
    torch.testing.assert_close(network(x), expected)


def test_dropout_stands_before_the_head():
    network = ConvNet(widths=(4,), dropout=0.3)
    assert [type(part) for part in network.classifier] == [nn.Dropout, nn.Linear]
    assert network.classifier[0].p == 0.3
