import pytest
import torch
from torch import nn
from toy_sequences import fit, held_out, normal, seeded

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import ConvLSTMCell, GRUCell, Recurrent
from netwright.nets import CNNLSTM, ConvLSTMPredictor, ManyToMany, RecurrentNetwork

MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool()


def frames(channels=1, width=4):
    return [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]


def test_a_cnn_lstm_keeps_the_layer_contract():
    network = seeded(lambda: CNNLSTM(frames(2), 4 * 3 * 2, 5, hidden=4, bidirectional=True))
    check_layer(network, normal(2, 4, 2, 6, 5), MASK, shape=(2, 5))


@pytest.mark.parametrize("mask", [None, MASK])
def test_over_time_as_a_whole_or_layer_by_layer_it_is_a_loop_over_frames_and_torchs_lstm(mask):
    layers = seeded(frames)
    whole = seeded(CNNLSTM, nn.Sequential(*layers), 4 * 3 * 3, 2, hidden=5, topology=ManyToMany())
    single = seeded(CNNLSTM, layers, 4 * 3 * 3, 2, hidden=5, topology=ManyToMany())
    x = normal(2, 4, 1, 6, 6)
    torch.testing.assert_close(whole(x, mask), single(x, mask))
    seen = torch.stack([nn.Sequential(*layers)(frame).flatten(1) for frame in x.unbind(1)], 1)
    lstm = nn.LSTM(36, 5, batch_first=True)
    for name, value in whole.sequence.layers.cells[0].named_parameters():
        getattr(lstm, f"{name}_l0").data = value.data
    by_hand = whole.sequence.out(lstm(seen)[0])  # what is not real stands at the end
    torch.testing.assert_close(whole(x, mask), by_hand if mask is None else by_hand * mask[..., None])


def test_a_recurrent_layer_may_stand_between_two_layers_of_the_frames():
    film = Recurrent(ConvLSTMCell(4, 3), return_state=False)
    network = seeded(CNNLSTM, [*frames(), film, nn.AvgPool2d(3)], 3, 2, hidden=5)
    x = normal(2, 4, 1, 6, 6)
    maps = film(network.frames[2](network.frames[1](network.frames[0](x))))
    torch.testing.assert_close(network(x), network.sequence(maps.mean((3, 4))))
    with pytest.raises(InputError, match="return_state=False"):
        CNNLSTM([Recurrent(ConvLSTMCell(1, 3))], 3, 2)


def test_with_a_recurrent_network_for_each_piece_it_is_torchs_lstm_over_torchs_lstm():
    network, x = seeded(lambda: CNNLSTM(RecurrentNetwork(3, 4, hidden=5), 4, 2, hidden=6)), normal(2, 7, 3, 3)
    inner = network.frames[0].layer
    along, over = nn.LSTM(3, 5, batch_first=True), nn.LSTM(4, 6, batch_first=True)
    for theirs, ours in ((along, inner.layers.cells[0]), (over, network.sequence.layers.cells[0])):
        theirs.load_state_dict({f"{name}_l0": value for name, value in ours.state_dict().items()})
    pieces = torch.stack([inner.out(along(piece)[0][:, -1]) for piece in x.unbind(1)], 1)
    torch.testing.assert_close(network(x), network.sequence.out(over(pieces)[0][:, -1]))


def moving_lines(n_rows, generator, size=8, steps=4):
    """An upright line that moves to the left or to the right, around the edge; each frame tells nothing."""
    way = torch.randint(2, (n_rows,), generator=generator)
    start = torch.randint(size, (n_rows, 1), generator=generator)
    columns = (start + (2 * way[:, None] - 1) * torch.arange(steps)) % size
    films = nn.functional.one_hot(columns, size).float()[:, :, None, None].expand(-1, -1, 1, size, -1)
    noise = 0.3 * torch.randn(n_rows, steps, 1, size, size, generator=generator)
    return (films + noise,), way


def test_it_tells_which_way_a_line_moves_and_a_network_of_one_frame_is_at_chance():
    network = seeded(lambda: CNNLSTM(nn.Sequential(*frames(width=8)), 8 * 16, 2, hidden=16, cell=GRUCell))
    assert told(network, moving_lines) > 0.99

    def last_frame(n_rows, generator):
        (films,), way = moving_lines(n_rows, generator)
        return (films[:, -1],), way

    alone = seeded(lambda: nn.Sequential(*frames(width=8), nn.Flatten(), nn.Linear(8 * 16, 2)))
    assert told(alone, last_frame) < 0.6


def told(network, draw):
    fit(network, draw, nn.functional.cross_entropy, 150, 0.01)
    (x,), way = held_out(draw)
    with torch.no_grad():
        return (network(x).argmax(1) == way).double().mean()


def test_a_predictor_of_frames_keeps_the_layer_contract():
    network = seeded(ConvLSTMPredictor, 2, hidden=3, depth=2)
    check_layer(network, normal(2, 4, 2, 5, 6), MASK, shape=(2, 4, 2, 5, 6))


def test_the_next_frame_is_the_last_and_a_pointwise_convolution_of_every_layers_state():
    network, x = seeded(ConvLSTMPredictor, 1, hidden=3, depth=2), normal(2, 4, 1, 5, 6)
    first, second = network.layers
    low, _ = first(x)
    high, _ = second(low)
    kernel = network.out.layer
    change = torch.einsum("oc,btchw->btohw", kernel.weight[:, :, 0, 0], torch.cat([low, high], 2))
    torch.testing.assert_close(network(x), x + change + kernel.bias[:, None, None])


def test_a_film_goes_on_as_if_what_was_told_had_been_seen():
    network, x = seeded(ConvLSTMPredictor, 1, hidden=3, depth=2), normal(2, 4, 1, 5, 6)
    told = network.extend(x, steps=3)
    for step in range(3):
        torch.testing.assert_close(told[:, step], network(x)[:, -1])
        x = torch.cat([x, told[:, step : step + 1]], 1)
    padded = torch.where(MASK[:, :, None, None, None], normal(2, 4, 1, 5, 6), torch.nan)
    masked = network.extend(padded, 3, MASK)
    torch.testing.assert_close(masked[:1], told[:1])
    torch.testing.assert_close(masked[1:], network.extend(padded[1:, :2], 3))
    with pytest.raises(InputError, match="at least 1, got 0"):
        network.extend(x, 0)
    with pytest.raises(InputError, match="1 channels, got 2"):
        network(normal(2, 4, 2, 5, 6))


def squares(n_rows, generator, size=8, steps=6):
    """Squares of side 2 that move one place at each step, in one of four directions, around the edges."""
    moves = torch.tensor([[1, 0], [-1, 0], [0, 1], [0, -1]])
    move = moves[torch.randint(4, (n_rows,), generator=generator)]
    start = torch.randint(size, (n_rows, 2), generator=generator)
    corner = start[:, None] + move[:, None] * torch.arange(steps)[:, None]  # (batch, time, 2)
    sides = nn.functional.one_hot((corner[..., None] + torch.arange(2)) % size, size).sum(-2).float()
    films = (sides[:, :, 0, :, None] * sides[:, :, 1, None])[:, :, None]
    return (films[:, :-1],), films[:, 1:]


def test_frames_of_moving_squares_are_told_better_than_by_the_last_and_several_ahead_too():
    network = seeded(ConvLSTMPredictor, 1, hidden=8)
    loss = nn.functional.mse_loss
    fit(network, squares, loss, 150, 0.03, batch=32)
    (x,), target = held_out(squares, 64)
    with torch.no_grad():
        assert loss(network(x), target) < 0.4 * loss(x, target)
        ahead = network.extend(x[:, :3], 3)
    assert loss(ahead, target[:, 2:]) < 0.6 * loss(x[:, 2:3].expand_as(ahead), target[:, 2:])
