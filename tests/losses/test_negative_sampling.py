"""Negative sampling: the formula, the words drawn, and the shifted mutual information it ends at."""

import math

import pytest
import torch
from scipy.stats import chisquare

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import NegativeSamplingLoss

COUNTS = torch.tensor([16, 1, 81, 0, 256])
TOGETHER = torch.tensor([[8, 1, 1], [2, 6, 2], [1, 1, 18]], dtype=torch.float64)  # (word, neighbour)
WORDS, NEIGHBOURS = (
    side.repeat_interleave(TOGETHER.flatten().long())
    for side in (torch.arange(3).repeat_interleave(3), torch.arange(3).repeat(3))
)


def trained(n_samples=4, reduction="mean", power=0.75):
    torch.manual_seed(0)
    loss = NegativeSamplingLoss(3, COUNTS, n_samples, power, reduction)
    torch.nn.init.normal_(loss.weight)
    return loss


def test_negative_sampling_keeps_the_loss_contract():
    check_loss(trained(), torch.randn(5, 3), torch.tensor([0, 1, 2, 4, 4]), draws=True)


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_the_loss_equals_the_formula_on_the_words_drawn(dtype, close):
    loss, target = trained(reduction="none").to(dtype), torch.tensor([1, 4, 0])
    features = torch.randn(3, 3, dtype=dtype)
    torch.manual_seed(7)
    value = loss(features, target)
    torch.manual_seed(7)
    shares = torch.tensor([8, 1, 27, 0, 64]) / 100  # the counts to the power of 3/4
    drawn = torch.multinomial(shares.to(dtype), 12, replacement=True).view(3, 4).tolist()
    weight = loss.weight.detach()
    for row, word in enumerate(target.tolist()):
        right = [1 / (1 + math.exp(-float(features[row] @ weight[word])))]
        right += [1 / (1 + math.exp(float(features[row] @ weight[w]))) for w in drawn[row]]
        assert value[row].item() == pytest.approx(-sum(math.log(p) for p in right), rel=close)


def test_words_are_drawn_by_the_power_of_their_counts():
    """Where all weights are zero, the slope at a word is half of how often it was drawn."""
    torch.manual_seed(0)
    loss = NegativeSamplingLoss(1, COUNTS, n_samples=20, reduction="sum")
    loss(torch.ones(1000, 1), torch.full((1000,), 3)).backward()
    drawn = 2 * loss.weight.grad.flatten()
    drawn[3] += 1000  # the true word, which counts against
    assert drawn[3] == 0
    kept = torch.tensor([0, 1, 2, 4])
    assert chisquare(drawn[kept], 200 * torch.tensor([8.0, 1.0, 27.0, 64.0])).pvalue > 0.01


def optimum(n_samples, power):
    """The mutual information of word and neighbour, with the latter's share as it is drawn, less log k."""
    shares = TOGETHER / TOGETHER.sum()
    drawn = TOGETHER.sum(0) ** power / (TOGETHER.sum(0) ** power).sum()
    return (shares / (shares.sum(1, keepdim=True) * drawn)).log() - math.log(n_samples)


def slope_at(weight, n_samples, power, times=4000):
    """Of the loss over all planted pairs, by the vectors of the neighbours, where words are one-hot."""
    torch.manual_seed(0)
    loss = NegativeSamplingLoss(3, TOGETHER.sum(0), n_samples, power).double()
    loss.weight.data.copy_(weight)
    rows = WORDS.repeat(times)
    loss(torch.eye(3, dtype=torch.float64)[rows], NEIGHBOURS.repeat(times)).backward()
    return loss.weight.grad.abs().max().item()


@pytest.mark.parametrize(("n_samples", "power"), [(1, 1.0), (5, 1.0), (5, 0.75)])
def test_scores_rest_at_the_shifted_mutual_information_of_planted_pairs(n_samples, power):
    best = optimum(n_samples, power).T
    assert slope_at(best, n_samples, power) < 1.5e-3
    assert slope_at(best + 0.2, n_samples, power) > 6e-3
    assert slope_at(optimum(n_samples + 1, power).T, n_samples, power) > 6e-3


def test_vectors_learn_the_shifted_mutual_information_and_the_chance_of_each_neighbour():
    torch.manual_seed(0)
    loss = NegativeSamplingLoss(3, TOGETHER.sum(0), n_samples=2)
    optimizer = torch.optim.Adam(loss.parameters(), lr=0.05)
    vectors, rows, neighbours = torch.eye(3), WORDS.repeat(100), NEIGHBOURS.repeat(100)
    for step in range(300):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 300)
        optimizer.zero_grad()
        loss(vectors[rows], neighbours).backward()
        optimizer.step()
    torch.testing.assert_close(loss.weight.T.double(), optimum(2, 0.75), rtol=0, atol=0.1)
    chances = TOGETHER / TOGETHER.sum(1, keepdim=True)
    torch.testing.assert_close(loss.log_probabilities(vectors).exp().double(), chances, rtol=0, atol=0.02)


def test_large_scores_stay_finite():
    loss = trained()
    torch.nn.init.constant_(loss.weight, 1e4)
    for sign in (1, -1):
        value = loss(torch.full((2, 3), 1e4 * sign), torch.tensor([0, 2]))
        value.backward()
        assert value.isfinite()
        assert loss.weight.grad.isfinite().all()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: NegativeSamplingLoss(3, -COUNTS), "counts must be 0 or more, and some above, got -256.0"),
        (lambda: NegativeSamplingLoss(3, COUNTS * 0), "some above, got 0.0 to 0.0"),
        (lambda: NegativeSamplingLoss(3, COUNTS, 0), "n_samples must be 1 or more, got 0"),
        (lambda: NegativeSamplingLoss(3, COUNTS, power=-1.0), "power must be 0 or more, got -1.0"),
        (lambda: NegativeSamplingLoss(3, COUNTS, reduction="all"), "reduction must be one of"),
    ],
    ids=["negative", "nothing", "samples", "power", "reduction"],
)
def test_what_cannot_be_drawn_is_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
