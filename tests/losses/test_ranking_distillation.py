"""Ranking distillation: by hand, by limit, and by a ranking that is passed on."""

import math

import pytest
import torch
from torch import nn

from netwright.contracts import check_loss
from netwright.core.errors import InputError
from netwright.losses import RankingDistillationLoss

SEED = torch.Generator().manual_seed(0)
BEST, OTHERS = (torch.randn(5, n, generator=SEED, dtype=torch.float64) for n in (4, 20))
DTYPES = [(torch.float32, 1e-5), (torch.float64, 1e-10)]


def test_ranking_distillation_keeps_the_loss_contract():
    check_loss(RankingDistillationLoss(200), BEST.float(), OTHERS.float())
    check_loss(RankingDistillationLoss(200, decay=3.0), BEST.float())


def importance(rank, decay):
    return math.exp(-rank / decay) / sum(math.exp(-k / decay) for k in range(1, 5))


@pytest.mark.parametrize(("dtype", "close"), DTYPES)
def test_the_loss_is_a_sum_over_ranks_of_importance_times_discrepancy(dtype, close):
    loss = RankingDistillationLoss(70, decay=2.0, discrepancy=0.03, reduction="none")
    values = loss(BEST.to(dtype), OTHERS.to(dtype))
    for row in range(5):
        by_hand = 0.0
        for rank, score in enumerate(BEST[row].tolist(), 1):
            above = sum(other > score for other in OTHERS[row].tolist())
            found = 1 + math.floor(70 * above / 20)
            weight = importance(rank, 2.0) * max(0.0, math.tanh(0.03 * (found - rank)))
            by_hand += weight * math.log(1 + math.exp(-score))
        assert values[row].item() == pytest.approx(by_hand, rel=close)


@pytest.mark.parametrize(("dtype", "close"), DTYPES)
def test_without_other_items_the_rank_of_the_teacher_weighs_alone(dtype, close):
    values = RankingDistillationLoss(70, decay=2.0, reduction="none")(BEST.to(dtype))
    weights = torch.tensor([importance(rank, 2.0) for rank in range(1, 5)], dtype=torch.float64)
    by_hand = ((1 + (-BEST).exp()).log() * weights).sum(1)
    torch.testing.assert_close(values, by_hand.to(dtype), rtol=close, atol=close)


def test_with_a_long_decay_and_a_sharp_discrepancy_all_items_that_stand_too_low_weigh_alike():
    lower = OTHERS.amax(1, keepdim=True) - torch.tensor([-1.0, 9.0, 8.0, 7.0])  # the first stands first
    loss = RankingDistillationLoss(20, decay=1e9, discrepancy=1e3, reduction="none")(lower, OTHERS)
    by_hand = (1 + (-lower[:, 1:]).exp()).log().sum(1) / 4
    torch.testing.assert_close(loss, by_hand, rtol=1e-8, atol=0)


def test_a_student_who_ranks_as_its_teacher_or_higher_has_no_loss_and_one_who_does_not_has():
    scores = torch.randn(6, 30, generator=SEED)
    loss = RankingDistillationLoss(30, discrepancy=1.0)
    best = scores.topk(5).indices
    assert loss(scores.gather(1, best), scores) == 0
    assert loss(-scores.gather(1, best), -scores) > 0.1


def test_scores_are_drawn_upwards_and_those_of_the_other_items_are_left():
    student, others = BEST.clone().requires_grad_(), OTHERS.clone().requires_grad_()
    RankingDistillationLoss(70, discrepancy=0.5)(student, others).backward()
    assert others.grad is None
    assert (student.grad <= 0).all()
    assert (student.grad < 0).any()


def overlap(seed, *, guided):
    """Share of a teacher's ten best of 60 items that a student has among its own ten best."""
    torch.manual_seed(seed)
    teacher = torch.randn(80, 3) @ torch.randn(3, 60)
    seen = torch.bernoulli(torch.sigmoid(2 * teacher - 4))  # few answers are known
    users, items = nn.Embedding(80, 3), nn.Embedding(60, 3)
    loss = RankingDistillationLoss(60, decay=10.0)
    optimizer = torch.optim.Adam([*users.parameters(), *items.parameters()], lr=0.05)
    best = teacher.topk(10).indices
    for step in range(120):
        scores = users.weight @ items.weight.T
        total = nn.functional.binary_cross_entropy_with_logits(scores, seen, reduction="sum") / 80
        if guided:
            others = scores[:, torch.randint(60, (30,))] if step > 50 else None
            total = total + 20 * loss(scores.gather(1, best), others)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    own = (users.weight @ items.weight.T).topk(10).indices
    return (own.unsqueeze(2) == best.unsqueeze(1)).any(2).float().mean().item()


def test_a_guided_student_finds_more_of_its_teachers_best_than_one_who_learns_from_answers_alone():
    gains = [overlap(seed, guided=True) - overlap(seed, guided=False) for seed in (0, 1)]
    assert sum(gains) / 2 > 0.05


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: RankingDistillationLoss(0), "n_items must be 1 or more, got 0"),
        (lambda: RankingDistillationLoss(9, decay=0.0), "must be above 0, got 0.0 and 0.1"),
        (lambda: RankingDistillationLoss(9, discrepancy=-1.0), "must be above 0, got 1.0 and -1.0"),
        (lambda: RankingDistillationLoss(9, reduction="all"), "reduction must be one of"),
    ],
    ids=["items", "decay", "discrepancy", "reduction"],
)
def test_senseless_settings_are_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
