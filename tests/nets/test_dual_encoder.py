import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.nets import DAN, ConvEncoder, DualEncoder, GRUReader

WORDS = torch.tensor([[1, 2, 3, 4], [5, 1, 0, 0], [6, 0, 0, 0]])
MASK = torch.tensor([[True] * 4, [True, True, False, False], [True, False, False, False]])


def encoder(temperature=0.07):
    torch.manual_seed(0)
    return DualEncoder(ConvEncoder((1, 8, 8), 4, (3,)), DAN(9, 4, 6, hidden=()), temperature)


def test_both_networks_keep_the_layer_contract():
    x = torch.randn(3, 1, 8, 8)
    check_layer(encoder(), x, WORDS, MASK, shape=(3, 3), rows_independent=False)
    check_layer(GRUReader(9, 5, 6), WORDS, MASK, shape=(3, 5))


def test_scores_are_scaled_cosines_of_the_towers_codes():
    network, x = encoder(temperature=0.2), torch.randn(2, 1, 8, 8)
    by_hand = F.cosine_similarity(network.images(x)[:, None], network.texts(WORDS, MASK)[None], dim=2) / 0.2
    torch.testing.assert_close(network(x, WORDS, MASK), by_hand)


def test_the_scale_stops_at_a_hundred():
    network = encoder()
    network.logit_scale.data.fill_(10.0)
    assert network.scale.item() == 100


def test_a_gru_minds_the_order_of_words_and_no_padding():
    torch.manual_seed(0)
    reader, mean = GRUReader(9, 5, 6), DAN(9, 5, 6)
    turned = WORDS[:1].flip(1)
    assert not torch.allclose(reader(WORDS[:1]), reader(turned), atol=1e-4)
    assert torch.equal(mean(WORDS[:1]), mean(turned))
    torch.testing.assert_close(reader(WORDS, MASK)[1], reader(WORDS[1:2, :2])[0])


def test_a_temperature_below_a_hundredth_is_refused():
    with pytest.raises(InputError, match=r"temperature must be 0.01 or more, got 0.001"):
        encoder(0.001)
