import torch

from netwright.contracts import check_layer
from netwright.nets import Chars2VecNetwork, QuickThoughtNetwork, SkipThoughtNetwork, Tweet2VecNetwork


def numbers(rows, time, most=9, lengths=None):
    found = torch.randint(1, most, (rows, time), generator=torch.Generator().manual_seed(0))
    if lengths is None:
        return found
    return found * (torch.arange(time) < torch.tensor(lengths)[:, None])


def test_networks_of_texts_keep_the_layer_contract():
    torch.manual_seed(0)
    some, others = numbers(2, 3, lengths=[3, 2]), numbers(2, 4, lengths=[1, 4])
    check_layer(Chars2VecNetwork(9, width=5), some, others, shape=(2,))
    check_layer(SkipThoughtNetwork(9, width=4, hidden=5), some, others, some, shape=(2, 4, 9))
    network = Tweet2VecNetwork(9, width=5, n_filters=4, character_width=3)
    check_layer(network, numbers(2, 11, lengths=[11, 3]), some, shape=(2, 3, 9))
    rows = {"rows_independent": False}  # each row is held against the candidates of all
    check_layer(QuickThoughtNetwork(9, width=4, hidden=5), some, others, shape=(2, 2), **rows)


def test_the_score_of_two_words_is_their_squared_distance_scaled_and_shifted():
    torch.manual_seed(0)
    network = Chars2VecNetwork(9, width=5).double()
    some, others = numbers(3, 7, lengths=[7, 2, 5]), numbers(4, 6)
    one, other = network.encode(some), network.encode(others)
    by_hand = network.scale * torch.cdist(one, other) ** 2 + network.shift
    torch.testing.assert_close(network.differ(one, other), by_hand)
    torch.testing.assert_close(network(some, others[:3]), by_hand.diagonal())


def test_a_tellers_guess_of_a_word_knows_the_words_before_it_and_the_vector_alone():
    torch.manual_seed(0)
    network = SkipThoughtNetwork(9, width=4, hidden=5)
    sentence, told = numbers(2, 5), numbers(2, 6)
    other = told.clone()
    other[:, 3] = 9 - told[:, 3]
    (before, after), (before_other, after_other) = (
        network(sentence, told, told),
        network(sentence, other, told),
    )
    assert torch.equal(before[:, :4], before_other[:, :4])
    assert not torch.isclose(before[:, 4], before_other[:, 4]).all(-1).any()
    assert torch.equal(after, after_other)
    turned = network(sentence.flip(1), told, told)[0]
    assert not torch.isclose(before[:, 0], turned[:, 0]).all(-1).any()  # through the vector


def test_the_skip_thought_reader_is_torchs_gru():
    torch.manual_seed(0)
    network, sentence = SkipThoughtNetwork(9, width=4, hidden=5), numbers(2, 6)
    theirs, cell = torch.nn.GRU(4, 5, batch_first=True), network.reader.cells[0]
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(theirs, f"{name}_l0").data = getattr(cell, name).data
    torch.testing.assert_close(network.encode(sentence), theirs(network.words(sentence))[1][0])


def test_quick_thoughts_scores_are_products_of_the_halves_of_its_vectors():
    torch.manual_seed(0)
    network = QuickThoughtNetwork(9, width=4, hidden=5)
    some, others = numbers(3, 7, lengths=[7, 2, 5]), numbers(4, 6)
    by_hand = network.encode(some)[:, :5] @ network.encode(others)[:, 5:].T
    torch.testing.assert_close(network(some, others), by_hand)


def test_padding_behind_a_short_text_has_no_influence():
    torch.manual_seed(0)
    network = Tweet2VecNetwork(9, width=5, n_filters=4, character_width=3).eval()
    texts = numbers(3, 20, lengths=[20, 7, 3])
    together = network.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        torch.testing.assert_close(network.encode(text[text != 0][None])[0], vector)
