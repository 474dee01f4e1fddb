import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_layer
from netwright.nets import SequenceLSTMFCN

SMALL = {"widths": (4, 6, 4), "width": 5}


def seeded(n_steps, **settings):
    torch.manual_seed(0)
    return SequenceLSTMFCN(3, 2, n_steps, **SMALL | settings)


def normal(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_it_keeps_the_layer_contract():
    check_layer(seeded(9, dropout=0.0), normal(2, 9, 3), shape=(2, 2))


def test_it_is_the_convolutions_and_torchs_lstm_over_features():
    """The reference: torch's LSTM with the same weights, over the features of the transposed series."""
    network, lstm, x = seeded(9).eval(), nn.LSTM(9, 5, batch_first=True), normal(4, 9, 3)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(lstm, f"{name}_l0").copy_(getattr(network.courses.cells[0], name))
    recurrent = lstm(x.mT)[1][0][0] @ network.out.weight.T
    torch.testing.assert_close(network(x), network.convolutions(x) + recurrent, atol=1e-6, rtol=0)


@pytest.mark.parametrize("n_steps", [3, 5, 8])
def test_the_lstm_sees_the_first_steps_and_zeros_behind_them(n_steps):
    x = normal(4, 5, 3)
    seen = torch.zeros(4, n_steps, 3)
    seen[:, :5] = x[:, :n_steps]
    network = seeded(n_steps).eval()
    torch.testing.assert_close(network(x) - network.convolutions(x), network.out(network.courses(seen.mT)))


def test_steps_that_are_not_real_change_nothing():
    network, x = seeded(7, dropout=0.0).eval(), normal(2, 5, 3)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()
    answers = network(x, mask)
    assert torch.equal(answers, network(torch.where(mask[:, :, None], x, 7.0), mask))
    longer = network(F.pad(x, (0, 0, 0, 4)), F.pad(mask, (0, 4)))
    torch.testing.assert_close(longer, answers, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(answers[1:], network(x[1:, :3]), atol=1e-6, rtol=1e-5)


def test_it_learns_when_something_happens_which_the_convolutions_alone_cannot_know():
    """Planted: the same bump early or late, far from the ends, which are the same to the mean over time."""
    generator = torch.Generator().manual_seed(1)
    y = torch.arange(80) % 2
    x = 0.1 * torch.randn(80, 40, 1, generator=generator)
    x[torch.arange(80)[:, None], 12 + 12 * y[:, None] + torch.arange(4)] += 2.0

    def accuracy(network, part):
        optimizer = torch.optim.Adam(part, 0.01)
        for _ in range(60):
            optimizer.zero_grad()
            F.cross_entropy(network(x[:40]), y[:40]).backward()
            optimizer.step()
        return float((network.eval()(x[40:]).argmax(1) == y[40:]).float().mean())

    torch.manual_seed(0)
    both = SequenceLSTMFCN(1, 2, 40, widths=(4, 6, 4), dropout=0.0)
    assert accuracy(both, both.parameters()) == 1.0
    torch.manual_seed(0)
    alone = SequenceLSTMFCN(1, 2, 40, widths=(4, 6, 4), dropout=1.0)
    assert accuracy(alone, alone.convolutions.parameters()) < 0.75
