import torch

from netwright.contracts import check_layer
from netwright.nets import BidirectionalLanguageModel, CharacterCNN


def model(**settings):
    torch.manual_seed(0)
    words = CharacterCNN(12, width=6, character_width=4, n_filters=3, widths=(1, 2))
    return BidirectionalLanguageModel(words, n_words=9, width=6, **settings).eval()


def texts(seed=0):
    return torch.randint(1, 12, (3, 7, 5), generator=torch.Generator().manual_seed(seed))


def test_the_bidirectional_language_model_keeps_the_layer_contract():
    mask = torch.arange(3) < torch.tensor([[3], [1]])
    check_layer(model(dropout=0.2), texts()[:2, :3], mask, shape=(2, 3, 9))


def test_no_word_ahead_leaks_into_the_forward_model_nor_one_behind_into_the_backward_model():
    network, one = model(), texts()
    for place in range(7):
        other = one.clone()
        other[:, place] = 12 - one[:, place]
        after, before = network(one)
        after_other, before_other = network(other)
        assert torch.equal(after[:, :place], after_other[:, :place])
        assert torch.equal(before[:, place + 1 :], before_other[:, place + 1 :])
        assert not torch.isclose(after[:, place:], after_other[:, place:]).all(-1).any()
        assert not torch.isclose(before[:, : place + 1], before_other[:, : place + 1]).all(-1).any()


def test_layers_are_the_words_and_the_states_of_torchs_lstms_with_a_way_past_the_second():
    network = model()
    words = network.read(texts().flatten(0, 1)).unflatten(0, (3, 7))
    states = network.states(words)
    assert states.shape == (3, 3, 7, 12)
    torch.testing.assert_close(states[:, 0], torch.cat([words, words], -1))
    for forwards, readers, half in (
        (True, network.forward_layers, slice(0, 6)),
        (False, network.backward_layers, slice(6, 12)),
    ):
        x = words if forwards else words.flip(1)
        for number, reader in enumerate(readers, start=1):
            theirs = torch.nn.LSTM(6, 6, batch_first=True)
            cell = reader.cells[0]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(theirs, f"{name}_l0").data = getattr(cell, name).data
            y = theirs(x)[0] + (x if number > 1 else 0)
            torch.testing.assert_close(states[:, number, :, half], y if forwards else y.flip(1))
            x = y


def test_padding_has_no_influence_on_the_words_before_it():
    network, mask = model(), torch.arange(7) < torch.tensor([[7], [3], [5]])
    words = network.read(texts().flatten(0, 1)).unflatten(0, (3, 7))
    states = network.states(words, mask)
    alone = network.states(words[1:2, :3])
    torch.testing.assert_close(states[1:2, :, :3], alone)
    assert (states[1, :, 3:] == 0).all()
