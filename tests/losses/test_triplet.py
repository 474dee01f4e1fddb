import math
from itertools import product

import pytest
import torch
from torch import nn

from netwright.contracts import check_loss
from netwright.losses import (
    BatchAllTripletLoss,
    BatchHardTripletLoss,
    SemiHardTripletLoss,
    TripletMarginLoss,
)

GENERATOR = torch.Generator().manual_seed(0)
EMBEDDINGS = torch.randn(9, 3, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 0, 1, 1, 2, 0, 3])  # 3 stands alone
MINING = [BatchAllTripletLoss, BatchHardTripletLoss, SemiHardTripletLoss]
SETTINGS = list(product([0.3, 1.0, None], [False, True]))


@pytest.mark.parametrize("mining", MINING)
@pytest.mark.parametrize("margin", [0.5, None])
def test_mined_triplet_losses_keep_the_loss_contract(mining, margin):
    check_loss(mining(margin), EMBEDDINGS.float(), LABELS)


def test_given_triplets_keep_the_loss_contract_and_equal_the_formula():
    a, p, n = torch.randn(3, 5, 4, generator=GENERATOR)
    check_loss(TripletMarginLoss(2.0), a, p, n, differentiable=3)
    expected = [max(0.0, math.dist(x, y) - math.dist(x, z) + 2.0) for x, y, z in zip(a, p, n, strict=True)]
    got = TripletMarginLoss(2.0, reduction="none")(a, p, n)
    torch.testing.assert_close(got, torch.tensor(expected), rtol=1e-5, atol=1e-5)


def by_brute_force(embeddings, labels, margin, squared):
    """Every triplet by its indices, with its distances and its loss."""
    points, rows = embeddings.tolist(), range(len(labels))
    power = 2 if squared else 1
    found = []
    for a, p, n in product(rows, rows, rows):
        if a != p and labels[a] == labels[p] and labels[a] != labels[n]:
            near, far = math.dist(points[a], points[p]) ** power, math.dist(points[a], points[n]) ** power
            gap = near - far
            loss = math.log1p(math.exp(gap)) if margin is None else max(0.0, gap + margin)
            found.append((a, p, near, far, loss))
    return found


def mean(numbers):
    return sum(numbers) / len(numbers)


def close(got, expected):
    torch.testing.assert_close(got, torch.tensor(expected, dtype=got.dtype), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("margin", "squared"), SETTINGS)
def test_all_triplets_equal_brute_force(margin, squared):
    losses = [t[-1] for t in by_brute_force(EMBEDDINGS, LABELS, margin, squared)]
    got = BatchAllTripletLoss(margin, squared, active_only=False)(EMBEDDINGS, LABELS)
    close(got, mean(losses))
    close(BatchAllTripletLoss(margin, squared)(EMBEDDINGS, LABELS), mean([one for one in losses if one > 0]))


@pytest.mark.parametrize(("margin", "squared"), SETTINGS)
def test_hard_mining_equals_brute_force(margin, squared):
    triplets = by_brute_force(EMBEDDINGS, LABELS, margin, squared)
    hardest = [max(t[-1] for t in triplets if t[0] == a) for a in sorted({t[0] for t in triplets})]
    close(BatchHardTripletLoss(margin, squared)(EMBEDDINGS, LABELS), mean(hardest))


@pytest.mark.parametrize(("margin", "squared"), SETTINGS)
def test_semi_hard_mining_equals_brute_force(margin, squared):
    triplets = by_brute_force(EMBEDDINGS, LABELS, margin, squared)
    losses = []
    for pair in sorted({t[:2] for t in triplets}):
        own = [t for t in triplets if t[:2] == pair]
        beyond = [t for t in own if t[3] > t[2]]
        chosen = min(beyond, key=lambda t: t[3]) if beyond else max(own, key=lambda t: t[3])
        losses.append(chosen[-1])
    assert len({t[3] > t[2] for t in triplets}) == 2
    close(SemiHardTripletLoss(margin, squared)(EMBEDDINGS, LABELS), mean(losses))


@pytest.mark.parametrize("mining", MINING)
@pytest.mark.parametrize("labels", [torch.zeros(9, dtype=torch.long), torch.arange(9)])
def test_a_batch_without_triplets_costs_nothing_and_moves_nothing(mining, labels):
    for margin in (0.5, None):
        x = EMBEDDINGS.clone().requires_grad_()
        loss = mining(margin)(x, labels)
        loss.backward()
        assert loss == 0
        assert torch.equal(x.grad, torch.zeros_like(x))


@pytest.mark.parametrize("mining", MINING)
def test_equal_embeddings_have_a_gradient_that_is_finite(mining):
    x = torch.zeros(4, 2, requires_grad=True)
    mining(0.5)(x, torch.tensor([0, 0, 1, 1])).backward()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("mining", MINING)
def test_a_network_learns_to_put_like_to_like(mining):
    """Planted: four labels on rings, where plain distance says little; nearest neighbours then agree."""
    torch.manual_seed(0)
    labels = torch.arange(200) % 4
    angles = 6.28 * torch.rand(200)
    x = (1.0 + labels)[:, None] * torch.stack([angles.cos(), angles.sin()], 1) + 0.05 * torch.randn(200, 2)
    network = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)

    def agreement(points):
        distances = torch.cdist(points, points) + 100 * torch.eye(len(points))
        return (labels[distances.topk(20, largest=False).indices] == labels[:, None]).float().mean()

    before = agreement(x)
    for _ in range(120):
        rows = torch.randperm(200)[:48]
        optimizer.zero_grad()
        mining(1.0)(network(x[rows]), labels[rows]).backward()
        optimizer.step()
    assert agreement(network(x).detach()) > before + 0.1


def test_a_negative_margin_is_named():
    with pytest.raises(ValueError, match="margin must be 0 or more, got -1"):
        BatchAllTripletLoss(margin=-1.0)


@pytest.mark.parametrize("mining", MINING)
@pytest.mark.parametrize("margin", [0.3, None])
def test_a_batch_of_one_label_has_no_triplet_costs_nothing_and_moves_nothing(mining, margin):
    embeddings = EMBEDDINGS.clone().requires_grad_()
    loss = mining(margin)(embeddings, torch.zeros(9, dtype=torch.int64))
    loss.backward()
    assert loss == 0
    assert not embeddings.grad.any()
