import math

import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import DAN, BiLSTMMax, PairClassifier

WORDS = torch.tensor([[1, 2, 3, 2], [4, 9, 0, 0], [5, 0, 0, 0]])
MASK = torch.tensor([[True] * 4, [True, True, False, False], [True, False, False, False]])


def test_networks_of_sentences_keep_the_layer_contract():
    check_layer(DAN(10, width=6, embedding=4, hidden=(5,)), WORDS, MASK, shape=(3, 6))
    check_layer(DAN(10, width=6, embedding=4, word_dropout=0.2, normalise=True), WORDS, shape=(3, 6))
    check_layer(BiLSTMMax(10, width=6, embedding=4), WORDS, MASK, shape=(3, 6))
    first, second = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    check_layer(PairClassifier(4, 3, hidden=(5,)), first, second, shape=(3, 3))


def test_a_deep_averaging_network_is_layers_above_the_mean_of_word_vectors():
    network = DAN(10, width=6, embedding=4, hidden=(5,))
    inner, outer = (one for one in network.modules() if isinstance(one, nn.Linear))
    mean = torch.stack(
        [network.words.weight[row[mask]].mean(0) for row, mask in zip(WORDS, MASK, strict=True)]
    )
    by_hand = torch.tanh(mean @ inner.weight.T + inner.bias) @ outer.weight.T + outer.bias
    torch.testing.assert_close(network(WORDS, MASK), by_hand)


def test_the_order_of_words_has_no_influence_to_the_last_bit():
    network = DAN(1000, width=32, embedding=50).eval()
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(0, 1000, (5, 40), generator=generator)
    mixed = words[:, torch.randperm(40, generator=generator)]
    assert torch.equal(network(words), network(mixed))
    behind = torch.cat([words, torch.zeros(5, 3, dtype=torch.long)], 1)
    before = behind.flip(1)
    assert torch.equal(network(behind, behind.cumsum(1) > -1), network(before, before > -1))


def test_word_dropout_leaves_out_whole_words_in_training_alone():
    network = DAN(10, width=6, embedding=4, word_dropout=0.999)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        silent = network.train()(WORDS[:1])
    none = network.eval()(WORDS[:1], torch.zeros(1, 4, dtype=torch.bool))
    torch.testing.assert_close(silent, none)
    assert not torch.allclose(network(WORDS[:1]), none)


def test_the_encoder_is_the_maximum_over_the_states_of_a_bidirectional_lstm():
    network = BiLSTMMax(10, width=6, embedding=4).eval()
    theirs = nn.LSTM(4, 3, bidirectional=True, batch_first=True)
    for ours, ending in ((network.states.cells[0], ""), (network.states.backward_cells[0], "_reverse")):
        for name, value in ours.named_parameters():
            getattr(theirs, f"{name.replace('ih', 'ih_l0').replace('hh', 'hh_l0')}{ending}").data = value.data
    for row, mask, found in zip(WORDS, MASK, network(WORDS, MASK), strict=True):
        states, _ = theirs(network.words(row[mask])[None])
        torch.testing.assert_close(found, states[0].amax(0), atol=1e-6, rtol=0)


def test_a_classifier_of_pairs_sees_both_vectors_their_difference_and_their_product():
    u, v = torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0, 0.5]])
    features = torch.tensor([[1.0, -2.0, 3.0, 0.5, 2.0, 2.5, 3.0, -1.0]])
    for product, seen in ((True, features), (False, features[:, :6])):
        network = PairClassifier(2, 3, product=product)
        (layer,) = (one for one in network.modules() if isinstance(one, nn.Linear))
        torch.testing.assert_close(network(u, v), seen @ layer.weight.T + layer.bias)


@pytest.mark.parametrize("normalise", [True, False])
def test_only_normalised_vectors_have_length_one(normalise):
    lengths = DAN(10, embedding=4, normalise=normalise)(WORDS, MASK).norm(dim=1)
    assert lengths.shape == (3,)
    assert all(math.isclose(one, 1, abs_tol=1e-6) == normalise for one in lengths.tolist())
