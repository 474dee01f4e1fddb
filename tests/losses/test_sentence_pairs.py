"""Against the formulas of sentence-transformers, written out."""

import pytest
import torch
import torch.nn.functional as F

from netwright.contracts import check_loss
from netwright.losses import AdditiveMarginRankingLoss, CosineSimilarityLoss, MultipleNegativesRankingLoss

GENERATOR = torch.Generator().manual_seed(0)
FIRST, SECOND, THIRD = torch.randn(3, 6, 4, generator=GENERATOR)
GRADES = torch.rand(6, generator=GENERATOR)


def cosine(u, v):
    return sum(a * b for a, b in zip(u, v, strict=True)) / (
        sum(a * a for a in u) ** 0.5 * sum(b * b for b in v) ** 0.5
    )


def table(first, second):
    return torch.tensor([[cosine(u, v) for v in second.tolist()] for u in first.tolist()])


def test_losses_of_sentence_pairs_keep_the_loss_contract():
    check_loss(MultipleNegativesRankingLoss(scale=3.0), FIRST, SECOND, differentiable=2)
    check_loss(MultipleNegativesRankingLoss(scale=3.0), FIRST, SECOND, THIRD, differentiable=3)
    check_loss(AdditiveMarginRankingLoss(scale=3.0), FIRST, SECOND, differentiable=2)
    check_loss(CosineSimilarityLoss(), FIRST, SECOND, GRADES, differentiable=2)


@pytest.mark.parametrize("hard", [False, True])
def test_ranking_among_the_batch_equals_sentence_transformers_formula(hard):
    """Cross-entropy of 20 times the table of cosines, where each row's own column is right."""
    candidates = torch.cat([SECOND, THIRD]) if hard else SECOND
    scores = 20 * table(FIRST, candidates)
    expected = F.cross_entropy(scores, torch.arange(6))
    got = MultipleNegativesRankingLoss()(FIRST, SECOND, THIRD if hard else None)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)


def test_graded_pairs_equal_sentence_transformers_formula():
    expected = [
        (cosine(u, v) - g) ** 2 for u, v, g in zip(FIRST.tolist(), SECOND.tolist(), GRADES, strict=True)
    ]
    got = CosineSimilarityLoss(reduction="none")(FIRST, SECOND, GRADES)
    torch.testing.assert_close(got, torch.tensor(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_ranking_with_a_margin_equals_the_formula_in_both_directions(scale):
    cosines, margin, losses = table(FIRST, SECOND), 0.3, []
    for i in range(6):
        right = (scale * (cosines[i, i] - margin)).exp()
        for others in (cosines[i], cosines[:, i]):
            wrong = sum((scale * other).exp() for j, other in enumerate(others) if j != i)
            losses.append(-(right / (right + wrong)).log())
    expected = torch.stack(losses).view(6, 2).sum(1)
    got = AdditiveMarginRankingLoss(margin, scale, reduction="none")(FIRST, SECOND)
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_without_a_margin_it_is_the_ranking_loss_of_both_directions():
    plain = MultipleNegativesRankingLoss(scale=7.0)
    both = plain(FIRST, SECOND) + plain(SECOND, FIRST)
    torch.testing.assert_close(AdditiveMarginRankingLoss(0.0, 7.0)(FIRST, SECOND), both)
