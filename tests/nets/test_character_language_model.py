import torch

from netwright.contracts import check_layer
from netwright.nets import CharacterLanguageModel


def texts():
    return torch.randint(0, 9, (3, 6), generator=torch.Generator().manual_seed(0))


def model(**settings):
    torch.manual_seed(0)
    return CharacterLanguageModel(9, hidden=5, character_width=4, **settings)


def test_the_character_language_model_keeps_the_layer_contract():
    check_layer(model(dropout=0.2), texts(), shape=(3, 6, 9))


def test_it_guesses_from_the_characters_up_to_the_present_one_alone():
    network, one = model(), texts()
    other = one.clone()
    other[:, 4] = (one[:, 4] + 1) % 9
    assert torch.equal(network(one)[:, :4], network(other)[:, :4])
    assert not torch.isclose(network(one)[:, 4], network(other)[:, 4]).all(-1).any()


def test_it_learns_a_text_by_heart():
    network = model()
    text = torch.tensor([[1, 2, 3, 1, 2, 4, 1, 2, 3, 1, 2, 4, 1]])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(80):
        loss = torch.nn.functional.cross_entropy(network(text[:, :-1])[0], text[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (network(text[:, :-1]).argmax(-1) == text[:, 1:]).float().mean() > 0.9
