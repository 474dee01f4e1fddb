import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.explain import saliency_over_time
from netwright.layers import ElmanCell, LSTMCell, Recurrent


class Fading(nn.Module):
    """h_t = 0.5 h_(t-1) + w x_t; two answers, h and 3 h, at the end or at each step."""

    def __init__(self, every_step=False):
        super().__init__()
        self.cell = Recurrent(ElmanCell(2, 1, bias=False, activation=lambda x: x), return_state=False)
        self.every_step = every_step
        with torch.no_grad():
            self.cell.cells[0].weight_ih.copy_(torch.tensor([[3.0, 4.0]]))
            self.cell.cells[0].weight_hh.fill_(0.5)

    def forward(self, x):
        h = self.cell(x)
        y = torch.cat([h, 3 * h], -1)
        return y if self.every_step else y[:, -1]


def test_the_saliency_of_a_fading_memory_fades_as_it_does():
    x = torch.randn(2, 5, 2, generator=torch.Generator().manual_seed(0))
    by_hand = 5.0 * 0.5 ** torch.arange(4, -1, -1.0).expand(2, 5)
    torch.testing.assert_close(saliency_over_time(Fading(), x, 0), by_hand)
    torch.testing.assert_close(saliency_over_time(Fading(), x, 1), 3 * by_hand)
    at = saliency_over_time(Fading(every_step=True), x, 0, step=2)
    torch.testing.assert_close(at[:, :3], by_hand[:, 2:])
    assert (at[:, 3:] == 0).all()


def test_the_largest_answer_is_explained_where_none_is_named():
    x = torch.tensor([[[1.0, 0.0]], [[-1.0, 0.0]]])  # 3 h is larger than h in the first row alone
    torch.testing.assert_close(saliency_over_time(Fading(), x), torch.tensor([[15.0], [5.0]]))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.read = Recurrent(LSTMCell(4, 6), return_sequences=False, return_state=False)
        self.fc = nn.Linear(6, 3)

    def forward(self, tokens):
        return self.fc(self.read(self.words(tokens)))


def test_tokens_are_judged_by_the_slope_at_their_vectors():
    torch.manual_seed(0)
    network, tokens = Reader().train(), torch.randint(0, 10, (2, 5))
    vectors = network.words(tokens).detach().requires_grad_()
    network.fc(network.read(vectors))[:, 2].sum().backward()
    found = saliency_over_time(network, tokens, 2)
    torch.testing.assert_close(found, vectors.grad.norm(dim=2))
    torch.testing.assert_close(saliency_over_time(network, tokens, 2, embedding="words"), found)
    assert network.training
    assert all(p.grad is None or name.startswith(("fc", "read")) for name, p in network.named_parameters())


def test_what_has_no_saliency_over_time_is_named():
    with pytest.raises(InputError, match="rows, time, features"):
        saliency_over_time(Fading(), torch.zeros(2, 5))
    with pytest.raises(InputError, match="must have an embedding"):
        saliency_over_time(nn.Linear(2, 2), torch.zeros(2, 5, dtype=torch.int64))
    with pytest.raises(InputError, match="answers must be"):
        saliency_over_time(nn.Flatten(0), torch.zeros(2, 5, 2))
