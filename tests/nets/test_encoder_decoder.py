import pytest
import torch
from torch import nn
from toy_sequences import fit, held_out, normal, quick, seeded

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import GRUCell
from netwright.nets import EncoderDecoder

MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 1, 0]]).bool()
KINDS = [{"repeat": False}, {}, {"feed_back": True}, {"n_known": 2, "feed_back": True, "repeat": False}]


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_an_encoder_decoder_keeps_the_layer_contract(options):
    network = seeded(EncoderDecoder, 3, 2, horizon=4, hidden=5, depth=2, **options)
    known = normal(2, 4, 2, seed=1) if "n_known" in options else None
    check_layer(network, normal(2, 5, 3), MASK, known, shape=(2, 4, 2), **quick(not options))


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_every_step_reads_the_summary_what_is_known_and_the_last_answer_as_it_is_told_to(options):
    network = seeded(EncoderDecoder, 3, 2, horizon=4, hidden=5, cell=GRUCell, **options)
    x, known, last = normal(2, 6, 3), normal(2, 4, 2, seed=1), normal(2, 2, seed=2)
    given = {"known": known} if "n_known" in options else {}
    answers = network(x, first=last, **given)
    gru = nn.GRU(3, 5, batch_first=True)
    for name, value in network.encoder.cells[0].named_parameters():
        getattr(gru, f"{name}_l0").data = value.data
    h = summary = gru(x)[1][0]
    for step in range(4):
        read = [summary] if options.get("repeat", True) else []
        read += [known[:, step]] if given else []
        read += [last] if options.get("feed_back") else []
        (h,) = network.decoder.layers.cells[0](torch.cat(read, 1) if read else torch.zeros(2, 1), (h,))
        last = network.decoder.out(h)
        torch.testing.assert_close(answers[:, step], last)


def test_the_truth_is_read_in_training_alone():
    network, x = seeded(EncoderDecoder, 3, 2, horizon=4, hidden=5, feed_back=True), normal(2, 6, 3)
    truth = normal(2, 4, 2, seed=1)
    own, given = network.train()(x), network(x, truth=truth)
    torch.testing.assert_close(own[:, 0], given[:, 0])
    assert not torch.isclose(own[:, 1:], given[:, 1:]).any()
    assert torch.equal(network.eval()(x, truth=truth), network(x))


def test_steps_that_are_not_real_change_no_bit():
    network, answers = seeded(EncoderDecoder, 3, 2, horizon=4, hidden=5, feed_back=True), []
    for noise in (0.0, 1e30, float("nan")):
        x = torch.where(MASK[..., None], normal(2, 5, 3), noise)
        network.zero_grad()
        y = network(x, MASK)
        y.sum().backward()
        answers.append([y, *[p.grad.clone() for p in network.parameters()]])
    for other in answers[1:]:
        assert all(torch.equal(one, two) for one, two in zip(answers[0], other, strict=True))
    torch.testing.assert_close(y[1:], network(normal(2, 5, 3)[1:, MASK[1]]))


def swings(n_rows, generator, steps=12, horizon=12):
    """Waves of random speed and phase: what was, and what comes."""
    phase, speed = torch.rand(2, n_rows, 1, generator=generator)
    wave = torch.sin(6.283 * phase + (0.4 + 0.4 * speed) * torch.arange(steps + horizon))[..., None]
    return (wave[:, :steps],), wave[:, steps:]


@pytest.mark.parametrize("feed_back", [False, True])
def test_it_goes_on_with_a_wave_for_many_steps(feed_back):
    network = seeded(EncoderDecoder, 1, 1, horizon=12, hidden=24, cell=GRUCell, feed_back=feed_back)
    fit(network, swings, nn.functional.mse_loss, 120, 0.03)
    (x,), future = held_out(swings)
    with torch.no_grad():
        assert nn.functional.mse_loss(network(x), future) < 0.05 * future.var()


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="horizon must be at least 1, got 0"):
        EncoderDecoder(3, 2, horizon=0)
    with pytest.raises(InputError, match="3 features, got 2"):
        EncoderDecoder(3, 2, horizon=4)(normal(2, 5, 2))
    with pytest.raises(InputError, match="vectors must be of 4 steps, got 5"):
        EncoderDecoder(3, 2, 4, repeat=False, n_known=1)(normal(2, 5, 3), known=normal(2, 5, 1))
    with pytest.raises(InputError, match="vectors of 65 features, got 64"):
        EncoderDecoder(3, 2, horizon=4, n_known=1)(normal(2, 5, 3))
