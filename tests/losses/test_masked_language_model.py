"""The loss of masked language modelling: by hand, by limit, and on a planted grammar."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.data import TokenMasking
from netwright.losses import MaskedLanguageModelLoss

SEED = torch.Generator().manual_seed(0)
SCORES = torch.randn(4, 5, 7, generator=SEED, dtype=torch.float64)
ALL = torch.randint(7, (4, 5), generator=SEED)
SOME = torch.where(torch.rand(4, 5, generator=SEED) < 0.4, ALL, -100)


def test_the_loss_keeps_the_contract():
    check_loss(MaskedLanguageModelLoss(label_smoothing=0.1), SCORES.float(), ALL)


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_it_is_the_mean_over_hidden_places_of_the_negative_log_probability(smoothing, dtype, close):
    terms = {}
    for row, place in (SOME != -100).nonzero().tolist():
        p = SCORES[row, place].exp() / SCORES[row, place].exp().sum()
        right = -p[SOME[row, place]].log()
        terms[row, place] = (1 - smoothing) * right - smoothing * p.log().mean()
    assert 1 < len(terms) < 20
    values = {
        reduction: MaskedLanguageModelLoss(-100, smoothing, reduction)(SCORES.to(dtype), SOME)
        for reduction in ("mean", "sum", "none")
    }
    total = sum(terms.values())
    for reduction, wanted in (("mean", total / len(terms)), ("sum", total)):
        torch.testing.assert_close(values[reduction], wanted.to(dtype), rtol=close, atol=close)
    each = torch.zeros(4, 5, dtype=torch.float64)
    for (row, place), term in terms.items():
        each[row, place] = term
    torch.testing.assert_close(values["none"], each.to(dtype), rtol=close, atol=close)


def test_with_all_places_hidden_it_is_cross_entropy_and_with_none_it_is_0():
    wanted = F.cross_entropy(SCORES.flatten(0, 1), ALL.flatten())
    torch.testing.assert_close(MaskedLanguageModelLoss()(SCORES, ALL), wanted, rtol=1e-12, atol=0)
    scores = SCORES.clone().requires_grad_()
    nothing = MaskedLanguageModelLoss()(scores, torch.full_like(ALL, -100))
    nothing.backward()
    assert nothing == 0
    assert scores.grad.abs().sum() == 0


def test_places_that_are_not_hidden_get_no_gradient_and_any_number_may_mark_them():
    scores = SCORES.clone().requires_grad_()
    MaskedLanguageModelLoss()(scores, SOME).backward()
    assert torch.equal(scores.grad.abs().sum(2) > 0, SOME != -100)
    marked = torch.where(SOME == -100, 6, SOME % 6)
    wanted = MaskedLanguageModelLoss()(SCORES, torch.where(SOME == -100, -100, SOME % 6))
    torch.testing.assert_close(MaskedLanguageModelLoss(ignore_index=6)(SCORES, marked), wanted)


def test_a_network_learns_the_planted_word_between_two_neighbours():
    """Each text repeats a pair of tokens; the one at a hidden place is that two places away."""
    torch.manual_seed(0)
    masking, loss = TokenMasking(mask=0, n_tokens=9), MaskedLanguageModelLoss()
    network = nn.Sequential(nn.Embedding(9, 24), nn.Flatten(), nn.Linear(144, 54), nn.Unflatten(1, (6, 9)))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)

    def draw(rows):
        return torch.randint(1, 9, (rows, 2)).repeat(1, 3)

    for _ in range(200):
        tokens = draw(256)
        inputs, target = masking(tokens, tokens)
        optimizer.zero_grad()
        loss(network(inputs), target).backward()
        optimizer.step()
    tokens = draw(500)
    inputs = tokens.clone()
    inputs[:, 3] = 0
    assert (network(inputs)[:, 3].argmax(1) == tokens[:, 3]).float().mean() > 0.95


def test_another_reduction_is_refused():
    with pytest.raises(InputError, match="reduction must be one of"):
        MaskedLanguageModelLoss(reduction="all")
