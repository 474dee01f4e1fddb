import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import SiameseFC


def network():
    torch.manual_seed(0)
    return SiameseFC(channels=1, widths=(3, 4)).eval()


def test_the_network_keeps_the_layer_contract():
    check_layer(network(), torch.randn(3, 1, 11, 11), torch.randn(3, 1, 19, 17), shape=(3, 5, 4))


def test_the_map_of_scores_is_the_cross_correlation_of_each_pair():
    layer, templates, searches = network(), torch.randn(3, 1, 11, 11), torch.randn(3, 1, 19, 17)
    for row, scores in enumerate(layer(templates, searches)):
        small, large = layer.features(templates[row : row + 1]), layer.features(searches[row : row + 1])
        by_hand = layer.scale * F.conv2d(large, small)[0, 0] + layer.bias
        torch.testing.assert_close(scores, by_hand)
        place = layer.scale * (large[0, :, 1:3, 2:4] * small[0]).sum() + layer.bias
        torch.testing.assert_close(scores[1, 2], place)


def test_a_shift_by_the_stride_shifts_the_map_by_one_place():
    layer, template, search = network(), torch.randn(1, 1, 11, 11), torch.randn(1, 1, 21, 21)
    scores = layer(template, search)
    torch.testing.assert_close(layer(template, search[..., 2:, :]), scores[:, 1:])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: SiameseFC(widths=()), "must be 1 or more"),
        (lambda: network()(torch.zeros(1, 1, 11, 11), torch.zeros(1, 1, 9, 30)), "no more than the search"),
        (lambda: network()(torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 30, 30)), "9 pixels a side or more"),
    ],
    ids=["widths", "search", "template"],
)
def test_what_does_not_fit_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
