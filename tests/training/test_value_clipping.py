import pytest
import torch
from torch import nn

from netwright.contracts import check_callback
from netwright.core.errors import InputError
from netwright.training import Callback, Supervised, TensorSamples, Training, ValueClipping


def samples(n_rows=32):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(n_rows, 3, generator=generator)
    return TensorSamples(X, X @ torch.tensor([[3.0], [-2.0], [0.1]]) + 0.3)


def run(callbacks):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    recipe = Training(epochs=3, batch_size=8, learning_rate=0.1, validation=0, callbacks=callbacks)
    recipe.run(network, Supervised(nn.MSELoss()), samples())
    return network


def test_value_clipping_keeps_the_callback_contract():
    check_callback(ValueClipping(0.05))


def test_value_clipping_does_what_torch_does():
    seen = []

    class Look(Callback):
        def on_gradients(self, run, player):
            seen.append([p.grad.clone() for p in player.parameters])

    run([Look(), ValueClipping(0.2), Look()])
    long = 0
    for before, after in zip(seen[::2], seen[1::2], strict=True):
        copies = [nn.Parameter(torch.zeros_like(g)) for g in before]
        for parameter, gradient in zip(copies, before, strict=True):
            parameter.grad = gradient.clone()
        torch.nn.utils.clip_grad_value_(copies, 0.2)
        for mine, theirs, gradient in zip(after, copies, before, strict=True):
            assert torch.equal(mine, theirs.grad)
            long += int((gradient.abs() > 0.2).sum())
    assert long > 20


def test_a_bound_must_be_above_zero():
    with pytest.raises(InputError, match="max_value must be a number above 0, got -1"):
        run([ValueClipping(-1)])
