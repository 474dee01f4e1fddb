import math

import pytest
import torch
import torch.nn.functional as F

from netwright.core.errors import InputError
from netwright.nets import LeNet5, SparseLeNet5


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def counts(network):
    """Parameters of each layer that has some."""
    return [n for part in (*network.features, *network.classifier) if (n := count(part))]


def pictures(n=3, side=28):
    return torch.randn(n, 1, side, side, generator=torch.Generator().manual_seed(0))


def test_the_dense_form_has_the_usual_61706_parameters():
    assert count(LeNet5()) == 61_706
    assert counts(LeNet5()) == [156, 2416, 48120, 10164, 850]


def test_the_sparse_form_has_the_papers_60000_parameters():
    assert count(SparseLeNet5()) == 60_000
    assert counts(SparseLeNet5()) == [156, 12, 1516, 32, 48120, 10164]


def test_a_map_of_the_sparse_convolution_is_the_sum_over_the_maps_that_the_papers_table_lets_it_see():
    table = [  # rows: maps of S2, columns: maps of C3, as table I of the paper prints it
        "X   XXX  XXXX XX",
        "XX   XXX  XXXX X",
        "XXX   XXX  X XXX",
        " XXX  XXXX  X XX",
        "  XXX  XXXX XX X",
        "   XXX  XXXX XXX",
    ]
    layer = SparseLeNet5().features[3]
    x = torch.randn(2, 6, 14, 14, generator=torch.Generator().manual_seed(0))
    y, kernel = layer(x), 0
    for out in range(16):
        expected = torch.zeros(2, 10, 10)
        for seen in range(6):
            if table[seen][out] == "X":
                expected += F.conv2d(x[:, seen : seen + 1], layer.weight[None, None, kernel])[:, 0]
                kernel += 1
        torch.testing.assert_close(y[:, out], expected + layer.bias[out], atol=1e-5, rtol=1e-5)
    assert kernel == 60


def test_the_answer_is_the_distance_to_codes_that_lie_equally_far_from_each_other():
    network = SparseLeNet5(n_outputs=84).double()
    codes = network.classifier[-1].codes
    assert set(codes.flatten().tolist()) == {-1.0, 1.0}
    away = (codes[:, None] != codes).sum(-1)
    assert torch.equal(away, 42 * (1 - torch.eye(84, dtype=away.dtype)))
    hidden = torch.randn(5, 84, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    by_hand = -(hidden[:, None] - codes).square().sum(-1)
    torch.testing.assert_close(network.classifier[-1](hidden), by_hand)


def test_subsampling_and_squashing_are_the_papers():
    network = SparseLeNet5().double()
    layer = network.features[2]
    with torch.no_grad():
        layer.weight.copy_(torch.arange(1, 7) / 10)
        layer.bias.copy_(torch.arange(6) / 7)
    x = torch.randn(2, 6, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    corner = layer.weight * x[:, :, :2, :2].sum((2, 3)) + layer.bias
    torch.testing.assert_close(layer(x)[:, :, 0, 0], 1.7159 * torch.tanh(2 / 3 * corner))
    squash = network.features[1]
    assert math.isclose(float(squash(torch.tensor(1.0))), 1.0, abs_tol=1e-4)


def test_the_dense_form_is_its_formula():
    network, x = LeNet5(padding=0).double(), pictures(side=32).double()
    c1, c3, c5 = (network.features[place] for place in (0, 3, 6))
    h = F.avg_pool2d(torch.tanh(F.conv2d(x, c1.weight, c1.bias)), 2)
    h = F.avg_pool2d(torch.tanh(F.conv2d(h, c3.weight, c3.bias)), 2)
    h = torch.tanh(h.flatten(1) @ c5.weight.flatten(1).T + c5.bias)
    f6, out = network.classifier[1], network.classifier[3]
    torch.testing.assert_close(network(x), torch.tanh(h @ f6.weight.T + f6.bias) @ out.weight.T + out.bias)


@pytest.mark.parametrize("build", [LeNet5, SparseLeNet5])
def test_pictures_of_another_size_are_named(build):
    assert build(padding=2)(pictures(side=28)).shape == build(padding=0)(pictures(side=32)).shape == (3, 10)
    with pytest.raises(InputError, match="28 x 28 pixels, got 32 x 32; resize them"):
        build()(pictures(side=32))


def test_more_classes_than_codes_are_named():
    with pytest.raises(InputError, match="n_outputs must be 84 or less, got 85"):
        SparseLeNet5(n_outputs=85)
