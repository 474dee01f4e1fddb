import pytest
import torch

from netwright.contracts import check_layer
from netwright.nets import CharacterBiLSTM, CharacterCNN

WORDS = torch.tensor([[2, 6, 7, 8, 3, 0, 0], [2, 9, 3, 0, 0, 0, 0], [2, 6, 6, 6, 6, 6, 3]])


def test_character_networks_keep_the_layer_contract():
    torch.manual_seed(0)
    check_layer(CharacterCNN(10, width=6, character_width=4, n_filters=3), WORDS, shape=(3, 6))
    check_layer(CharacterBiLSTM(10, width=6, character_width=4), WORDS, shape=(3, 6))


@pytest.mark.parametrize("network", [CharacterCNN, CharacterBiLSTM])
def test_a_word_is_the_same_however_much_padding_stands_behind(network):
    torch.manual_seed(0)
    model = network(10, 6)
    torch.testing.assert_close(model(torch.nn.functional.pad(WORDS, (0, 5))), model(WORDS))


def test_the_convolution_is_that_of_the_formula():
    torch.manual_seed(0)
    model = CharacterCNN(10, width=5, character_width=4, n_filters=3, widths=(2,), n_highways=1).double()
    (word,) = WORDS[:1]
    x = model.characters.weight[word[word != 0]]  # (letters, features)
    windows = torch.stack([x[i : i + 2].T for i in range(len(x) - 1)])
    bank = model.filters.banks[0]
    y = torch.tanh(torch.einsum("fck,tck->tf", bank.weight, windows) + bank.bias).amax(0)
    highway = model.highways[0]
    t = torch.sigmoid(highway.gate(y))
    y = t * torch.relu(highway.change(y)) + (1 - t) * y
    torch.testing.assert_close(model(WORDS[:1])[0], model.out(y))


def test_the_lstm_reads_from_both_ends_and_keeps_its_last_states():
    torch.manual_seed(0)
    model = CharacterBiLSTM(10, width=6, character_width=4)
    theirs = torch.nn.LSTM(4, 3, batch_first=True, bidirectional=True)
    ends = ("", "_reverse")
    for cell, end in zip((model.reader.cells[0], model.reader.backward_cells[0]), ends, strict=True):
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(theirs, f"{name}_l0{end}").data = getattr(cell, name).data
    (word,) = WORDS[:1]
    _, (h, _) = theirs(model.characters(word[word != 0])[None])
    torch.testing.assert_close(model(WORDS[:1])[0], h[:, 0].flatten())
