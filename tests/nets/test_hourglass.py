import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import Hourglass


def test_the_hourglass_keeps_the_layer_contract_at_odd_sizes():
    torch.manual_seed(0)
    check_layer(Hourglass(3, 2, (4, 5), skip=2), torch.randn(2, 3, 13, 10), shape=(2, 2, 13, 10))
    check_layer(Hourglass(3, 2, (4,), skip=0), torch.randn(2, 3, 8, 9), shape=(2, 2, 8, 9))


def test_one_scale_is_the_formula():
    torch.manual_seed(0)
    network, x = Hourglass(3, 1, (4,), skip=2).eval(), torch.randn(1, 3, 8, 8)

    def turn(layers, x):
        convolution, norm, _ = layers
        edges = convolution.kernel_size[0] // 2
        padded = nn.functional.pad(x, (edges,) * 4, mode="reflect")
        y = nn.functional.conv2d(padded, convolution.weight, convolution.bias, convolution.stride)
        return nn.functional.leaky_relu(norm(y), 0.2)

    down, skip, up = list(network.down[0]), list(network.skips[0]), list(network.up[0])
    below = turn(down[3:], turn(down[:3], x))
    large = nn.functional.interpolate(below, scale_factor=2, mode="bilinear")
    y = up[0](torch.cat([turn(skip, x), large], 1))
    y = turn(up[4:], turn(up[1:4], y))
    torch.testing.assert_close(network(x), network.to_picture(y).sigmoid())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Hourglass(widths=()), "must be 1 or more"),
        (
            lambda: Hourglass(3, 1, (4, 4))(torch.zeros(1, 3, 7, 9)),
            "8 pixels or more along each side, got 7 x 9",
        ),
    ],
    ids=["widths", "pixels"],
)
def test_what_does_not_fit_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
