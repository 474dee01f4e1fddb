import pytest
import torch
from torch import nn
from toy_sequences import fit, held_out, normal, quick, seeded

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import GRUCell
from netwright.nets import CompositeLSTM, SequenceDecoder

MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 1, 0]]).bool()


@pytest.mark.parametrize(("conditional", "mask"), [(False, MASK), (True, None)])
def test_a_composite_network_keeps_the_layer_contract(conditional, mask):
    network = seeded(CompositeLSTM, 3, hidden=4, depth=2, horizon=2, conditional=conditional)
    check_layer(network, normal(2, 5, 3), mask, shape=(2, 5, 3), **quick(not conditional))


def test_both_writers_are_torchs_lstm_from_the_state_of_torchs_lstm_and_the_first_writes_backwards():
    network, x = seeded(CompositeLSTM, 3, hidden=4, horizon=2), normal(2, 5, 3)

    def theirs(layer, width):
        lstm = nn.LSTM(width, 4, batch_first=True)
        lstm.load_state_dict({f"{name}_l0": value for name, value in layer.cells[0].state_dict().items()})
        return lstm

    _, state = theirs(network.encoder, 3)(x)
    rebuilt, predicted = network(x)
    for writer, steps, answer in (
        (network.rebuilder, 5, rebuilt.flip(1)),
        (network.predictor, 2, predicted),
    ):
        states, _ = theirs(writer.layers, 1)(torch.zeros(2, steps, 1), state)
        torch.testing.assert_close(answer, writer.out(states))
    torch.testing.assert_close(network.encode(x), state[0][0])


def test_a_conditional_writer_reads_its_own_answers_and_in_training_the_truth():
    network, x = seeded(CompositeLSTM, 3, hidden=4, horizon=3, conditional=True), normal(2, 5, 3)
    cell, out = network.predictor.layers.cells[0], network.predictor.out

    def by_hand(fed):
        _, (state,) = network.encoder(x)
        last, answers = torch.zeros(2, 3), []
        for step in range(3):
            state = cell(last, state)
            answers.append(out(state[0]))
            last = answers[-1] if fed is None else fed[:, step]
        return torch.stack(answers, 1)

    future = normal(2, 3, 3, seed=1)
    torch.testing.assert_close(network.train()(x, None, future)[1], by_hand(future))
    torch.testing.assert_close(network.eval()(x, None, future)[1], by_hand(None))


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_steps_that_are_not_real_change_no_bit_and_gaps_nothing_at_all(conditional, training):
    network = seeded(CompositeLSTM, 3, hidden=4, horizon=2, conditional=conditional).train(training)
    answers = []
    for noise in (0.0, 1e30, float("nan")):
        x = torch.where(MASK[..., None], normal(2, 5, 3), noise)
        network.zero_grad()
        rebuilt, predicted = network(x, MASK)
        (rebuilt.sin().sum() + predicted.sum()).backward()
        answers.append([rebuilt, predicted, *[p.grad.clone() for p in network.parameters()]])
        assert not rebuilt[~MASK].any()
    for other in answers[1:]:
        assert all(torch.equal(one, two) for one, two in zip(answers[0], other, strict=True))
    alone, later = network(normal(2, 5, 3)[1:, MASK[1]])
    torch.testing.assert_close(rebuilt[1, MASK[1]], alone[0])
    torch.testing.assert_close(predicted[1:], later)


def test_one_task_alone_leaves_the_other_without_steps():
    x = normal(2, 5, 3)
    rebuilt, predicted = seeded(CompositeLSTM, 3, hidden=4)(x)
    assert (rebuilt.shape, predicted.shape) == ((2, 5, 3), (2, 0, 3))
    rebuilt, predicted = seeded(CompositeLSTM, 3, hidden=4, horizon=2, rebuild=False)(x)
    assert (rebuilt.shape, predicted.shape) == ((2, 0, 3), (2, 2, 3))


def test_it_learns_to_rebuild_sine_waves_and_to_predict_them_better_than_their_last_value():
    network = seeded(CompositeLSTM, 1, hidden=16, horizon=5, cell=GRUCell)

    def error(told, target):
        return sum(nn.functional.mse_loss(*pair) for pair in zip(told, target, strict=True))

    fit(network, waves, error, 150, 0.03)
    (x,), (_, future) = held_out(waves)
    with torch.no_grad():
        rebuilt, predicted = network(x)
    assert nn.functional.mse_loss(rebuilt, x) < 0.1 * x.var()
    assert nn.functional.mse_loss(predicted, future) < 0.1 * (future - x[:, -1:]).square().mean()


def waves(n_waves, generator, steps=15, horizon=5):
    """Sines of random phase and period, cut into what is read and what comes next."""
    phase, speed = torch.rand(2, n_waves, 1, generator=generator)
    time = torch.arange(steps + horizon)
    wave = torch.sin(6.283 * phase + (0.3 + 0.5 * speed) * time)[..., None]
    return (wave[:, :steps],), (wave[:, :steps], wave[:, steps:])


def test_a_decoder_reads_its_vector_at_every_step_and_the_first_value_before_its_own():
    decoder = seeded(SequenceDecoder, 2, hidden=4, cell=GRUCell, n_vector=3, feed_back=True)
    h, vector, last = normal(2, 4), normal(2, 3, seed=1), normal(2, 2, seed=2)
    answers = decoder(((h,),), 3, vector, last)
    for step in range(3):
        (h,) = decoder.layers.cells[0](torch.cat([vector, last], 1), (h,))
        last = decoder.out(h)
        torch.testing.assert_close(answers[:, step], last)


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="something to tell, got horizon 0 and rebuild False"):
        CompositeLSTM(3, rebuild=False)
    with pytest.raises(InputError, match="3 features, got 2"):
        CompositeLSTM(3)(normal(2, 5, 2))
    with pytest.raises(InputError, match="depth must be at least 1, got 0"):
        CompositeLSTM(3, depth=0)
    decoder, state = SequenceDecoder(2, hidden=4), ((normal(2, 4), normal(2, 4)),)
    with pytest.raises(InputError, match="reads no vector, got 3"):
        decoder(state, 2, normal(2, 3))
    with pytest.raises(InputError, match="at least 1, got 0"):
        decoder(state, 0)
