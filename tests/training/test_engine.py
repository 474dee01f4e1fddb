import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.training import Engine, Supervised, TensorSamples, Training, prepare
from netwright.training.engine import computes_bfloat16
from netwright.training.stack import Stack


def images(n_rows=64):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(n_rows, 1, 8, 8, generator=generator)
    return TensorSamples(X, X.mean((1, 2, 3), keepdim=True)[:, 0, 0] * 10)


def convolutional():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 1))


def learn(network, **fields):
    training = Training(epochs=4, batch_size=16, learning_rate=0.01, validation=0, engine=Engine(**fields))
    return training.run(network, Supervised(nn.MSELoss()), images())


@pytest.mark.parametrize("fields", [{"precision": "half"}, {"sharding": "some"}])
def test_words_that_an_engine_does_not_know_are_refused(fields):
    with pytest.raises(InputError, match=r"must be one of auto, .*, got '(half|some)'"):
        learn(convolutional(), **fields)


def test_bfloat16_learns_what_float32_learns_and_keeps_float32_weights():
    plain, low = convolutional(), convolutional()
    first, second = learn(plain, precision="float32"), learn(low, precision="bfloat16")
    assert {p.dtype for p in low.parameters()} == {torch.float32}
    assert first.values("loss") != second.values("loss")
    assert second.epochs[-1]["loss"] == pytest.approx(first.epochs[-1]["loss"], rel=0.05)


def test_channels_last_changes_the_place_of_numbers_and_not_what_is_learned():
    plain, last = convolutional(), convolutional()
    learn(plain, precision="float32", channels_last=False)
    learn(last, precision="float32", channels_last=True)
    assert last[0].weight.is_contiguous(memory_format=torch.channels_last)
    for mine, theirs in zip(plain.parameters(), last.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)


def test_the_choice_of_bfloat16_is_recorded_with_its_source():
    chosen = [c for c in learn(convolutional()).choices if c.name == "precision"]
    assert bool(chosen) == computes_bfloat16(torch.device("cpu"))
    assert not any(
        c.name == "precision" for c in learn(nn.Sequential(nn.Flatten(), nn.Linear(64, 1))).choices
    )


def test_the_hand_written_path_is_taken_where_it_may_be_and_can_be_left_out(monkeypatch, request):
    expected = 0 if request.config.getoption("--no-fast-path") else 1
    made = []
    monkeypatch.setattr(prepare.Stack, "of", classmethod(lambda cls, net: made.append(net) or of(net)))
    learn(nn.Sequential(nn.Flatten(), nn.Linear(64, 1)))
    assert len(made) == expected
    learn(nn.Sequential(nn.Flatten(), nn.Linear(64, 1)), fast_path=False)
    assert len(made) == expected


of = Stack.of
