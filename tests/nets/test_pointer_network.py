import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import PointerNetwork
from netwright.optim import OneCycle


def seeded(seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return PointerNetwork(**settings)


def sets(n_rows, n_items, draw):
    """Different whole numbers from 0 to 49, as (rows, items, 1) from -1 to 1, and their places in order."""
    numbers = torch.rand(n_rows, 50, generator=draw).argsort(1)[:, :n_items]
    return (numbers[..., None].float() - 24.5) / 24.5, numbers.argsort(1)


def train(network, n_steps, draw, lengths=(4, 9), n_rows=64, rate=5e-3):
    """Teaches it to sort sets of some lengths, and returns the losses."""
    optimizer = torch.optim.Adam(network.parameters(), rate)
    schedule = OneCycle()(optimizer, n_steps)
    losses = []
    for _ in range(n_steps):
        n_items = int(torch.randint(*lengths, (), generator=draw))
        x, places = sets(n_rows, n_items, draw)
        loss = F.nll_loss(network.log_probabilities(x, places).flatten(0, 1), places.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def places_by_hand(network, x, steps):
    """The decoder step by step with torch's own cells, and the paper's scores place by place."""
    encoder, decoder = nn.LSTM(2, 5, batch_first=True), nn.LSTMCell(2, 5)
    encoder.load_state_dict({f"{k}_l0": v for k, v in network.encoder.cells[0].state_dict().items()})
    decoder.load_state_dict(network.decoder.cells[0].state_dict())
    score = network.pointer.score
    keys, (h, c) = encoder(x[None])
    h, c, item = h[0], c[0], network.begin[None]
    answer = []
    for place in steps:
        h, c = decoder(item, (h, c))
        fits = torch.stack([score.score(torch.tanh(score.query(h[0]) + score.key(key))) for key in keys[0]])
        answer.append(fits[:, 0].softmax(0))
        item = x[place][None]
    return torch.stack(answer)


@pytest.mark.parametrize("repeats", [True, False])
def test_a_pointer_network_keeps_the_layer_contract(repeats):
    draw = torch.Generator().manual_seed(0)
    x, mask = torch.randn(3, 5, 2, generator=draw), torch.ones(3, 5, dtype=torch.bool)
    mask[1, 4:] = False
    places = torch.tensor([[4, 2, 0], [1, 0, 3], [3, 1, -1]])
    network = seeded(features=2, hidden=6, repeats=repeats)
    check_layer(network, x, places, None, shape=(3, 3, 5), compiles=False, exports=False)
    check_layer(network, x, places, mask, shape=(3, 3, 5))


def test_the_probabilities_are_the_papers_and_lie_over_the_inputs_alone():
    network, x = seeded(features=2, hidden=5), torch.randn(4, 2, generator=torch.Generator().manual_seed(1))
    steps = [2, 0, 3]
    found = network(x[None], torch.tensor([steps]))[0]
    torch.testing.assert_close(found, places_by_hand(network, x, steps))
    torch.testing.assert_close(found.sum(1), torch.ones(3))
    assert found.shape == (3, 4)  # however many inputs there are, so many probabilities


def test_what_is_masked_or_was_pointed_to_has_no_probability_and_no_influence():
    network = seeded(features=2, hidden=5, repeats=False)
    x = torch.randn(1, 6, 2, generator=torch.Generator().manual_seed(1))
    mask = torch.tensor([[True, True, True, True, False, False]])
    places = torch.tensor([[3, 0, 1, 2]])
    found = network(x, places, mask)[0]
    for step in range(4):
        out = {*places[0, :step].tolist(), 4, 5}
        assert all((found[step, place] == 0) == (place in out) for place in range(6))
    torch.testing.assert_close(found[:, :4], network(x[:, :4], places)[0])
    x[:, 4:] = torch.nan
    torch.testing.assert_close(network(x, places, mask)[0], found)
    torch.testing.assert_close(network.log_probabilities(x, places, mask)[0].exp(), found)


def test_pointing_takes_the_likeliest_place_after_the_likeliest_places():
    network, x = (
        seeded(features=2, hidden=5),
        torch.randn(3, 6, 2, generator=torch.Generator().manual_seed(1)),
    )
    places = network.point(x, 4)
    assert torch.equal(network(x, places).argmax(-1), places)
    alone = seeded(features=2, hidden=5, repeats=False)
    mask = torch.arange(6) < torch.tensor([[6], [3], [1]])
    found = alone.point(x, mask=mask)
    for row, n_items in enumerate([6, 3, 1]):
        assert sorted(found[row, :n_items].tolist()) == list(range(n_items))
        assert (found[row, n_items:] == -1).all()


def test_over_95_per_cent_of_unseen_sets_are_sorted_that_are_longer_than_those_learned_from():
    draw = torch.Generator().manual_seed(0)
    network = seeded(features=1, hidden=32, repeats=False)
    losses = train(network, 500, draw)
    assert sum(losses[-20:]) < 0.1 * sum(losses[:20])
    x, order = sets(500, 12, draw)  # learned from sets of 4 to 8
    assert (network.point(x) == order).all(1).float().mean() > 0.95
