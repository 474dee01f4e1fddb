import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.layers import GRUCell, Recurrent
from netwright.training import unroll


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_cell_keeps_the_layer_contract(reset_after):
    layer = Recurrent(GRUCell(3, 4, reset_after=reset_after))
    check_layer(layer, torch.randn(2, 5, 3), shape=(2, 5, 4))


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_gru_cell_is_its_formula(reset_after, bias):
    cell, x, h = GRUCell(3, 4, bias, reset_after).double(), normal(2, 5, 3), normal(2, 4, seed=1)
    keep = torch.tensor([[2.0, 0, 2, 0], [0, 0, 2, 2]]).double()
    stepwise, _ = unroll(cell, x, (h,))
    outputs, ((last,),) = Recurrent(cell)(x, ((h,),))
    dropped, _ = cell.scan(x, (h,), keep=keep)
    none = torch.zeros(12).double()
    w, u = cell.weight_ih.split(4), cell.weight_hh.split(4)
    b, d = ((cell.bias_ih if bias else none).split(4), (cell.bias_hh if bias else none).split(4))

    def step(x, h, seen):
        r = torch.sigmoid(x @ w[0].T + b[0] + seen @ u[0].T + d[0])
        z = torch.sigmoid(x @ w[1].T + b[1] + seen @ u[1].T + d[1])
        recurrent = r * (seen @ u[2].T + d[2]) if reset_after else (r * seen) @ u[2].T + d[2]
        return (1 - z) * torch.tanh(x @ w[2].T + b[2] + recurrent) + z * h

    thin = h
    for t in range(5):
        h, thin = step(x[:, t], h, h), step(x[:, t], thin, thin * keep)
        torch.testing.assert_close(outputs[:, t], h, rtol=0, atol=1e-12)
        torch.testing.assert_close(stepwise[:, t], h, rtol=0, atol=1e-12)
        torch.testing.assert_close(dropped[:, t], thin, rtol=0, atol=1e-12)
    torch.testing.assert_close(last, h, rtol=0, atol=1e-12)


def test_it_takes_the_weights_of_torchs_cell():
    theirs, cell = nn.GRUCell(3, 4).double(), GRUCell(3, 4).double()
    cell.load_state_dict(theirs.state_dict())
    x, h = normal(2, 3), normal(2, 4, seed=1)
    torch.testing.assert_close(cell(x, (h,))[0], theirs(x, h), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rows", [2, 40], ids=["few numbers", "many"])
@pytest.mark.parametrize("bias", [True, False])
def test_passes_over_a_sequence_are_torchs_layer_with_all_gradients(rows, bias):
    theirs, cell = nn.GRU(3, 60, bias=bias, batch_first=True).double(), GRUCell(3, 60, bias).double()
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in theirs.state_dict().items()})
    x, h = normal(rows, 7, 3).requires_grad_(), normal(rows, 60, seed=1).requires_grad_()
    outputs, (last,) = cell.scan(x, (h,))
    expected, (their_last,) = theirs(x, h[None])
    torch.testing.assert_close((outputs, last), (expected, their_last), rtol=0, atol=1e-12)
    weigh = normal(rows, 7, 60, seed=2)

    def gradients(layer, outputs, last):
        return torch.autograd.grad((outputs * weigh).sum() + (last**2).sum(), [x, h, *layer.parameters()])

    mine, torchs = gradients(cell, outputs, last), gradients(theirs, expected, their_last)
    torch.testing.assert_close(mine, torchs, rtol=0, atol=1e-10)


def test_passes_over_a_sequence_can_be_differentiated_twice():
    cell, x, h = GRUCell(2, 3).double(), normal(2, 4, 2).requires_grad_(), normal(2, 3, seed=1)
    h.requires_grad_()
    assert torch.autograd.gradcheck(lambda x, h: cell.scan(x, (h,))[0], (x, h))
    assert torch.autograd.gradgradcheck(lambda x, h: cell.scan(x, (h,))[0], (x, h))
