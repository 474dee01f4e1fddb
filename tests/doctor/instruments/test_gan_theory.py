"""The best discriminator of known densities, and rules of thumb as options of the losses."""

import math

import pytest
import torch
import torch.nn.functional as F
from scipy.spatial import distance
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import GANTips, check_gan_settings, compare_with_optimum, jensen_shannon
from netwright.losses import MinimaxGeneratorLoss, NonSaturatingGeneratorLoss

GRID = torch.linspace(-5, 6, 200, dtype=torch.float64)


def normal(mean, deviation):
    density = (-0.5 * ((GRID - mean) / deviation) ** 2).exp()
    return density / density.sum()


P, Q = normal(0.0, 1.0), normal(1.0, 1.2)


def trained():
    """What a discriminator says after it has learned the game of both densities."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1)).double()
    optimizer = torch.optim.LBFGS(
        network.parameters(), max_iter=300, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        scores = network(GRID[:, None])[:, 0]
        loss = (P * F.softplus(-scores) + Q * F.softplus(scores)).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        return network(GRID[:, None])[:, 0].sigmoid()


def test_a_trained_discriminator_is_the_share_of_the_data_and_takes_the_divergence():
    told = compare_with_optimum(trained(), P, Q)
    assert told.distance < 0.02
    assert told.best == pytest.approx(2 * jensen_shannon(P, Q) - 2 * math.log(2), abs=1e-9)
    assert told.loss == pytest.approx(told.best, abs=1e-3)


def test_a_discriminator_that_has_not_learned_is_far_from_it_and_takes_less():
    told = compare_with_optimum(torch.full_like(P, 0.5), P, Q)
    assert told.distance > 0.2
    assert told.loss == pytest.approx(-2 * math.log(2), abs=1e-6)
    assert told.loss < told.best


def test_the_divergence_is_scipys_and_zero_for_equal_densities():
    assert jensen_shannon(P, Q) == pytest.approx(distance.jensenshannon(P, Q) ** 2, rel=1e-4)
    assert jensen_shannon(P, P) == pytest.approx(0.0, abs=1e-12)


def test_densities_that_do_not_sum_to_one_are_refused():
    with pytest.raises(InputError, match="summing to 1"):
        compare_with_optimum(torch.full_like(P, 0.5), 2 * P, Q)


def test_without_tips_it_is_the_first_game_and_each_tip_changes_the_loss_as_written():
    torch.manual_seed(0)
    real, fake = torch.randn(500), torch.randn(500)
    entropy = F.binary_cross_entropy_with_logits
    plain = GANTips()
    first = entropy(real, torch.ones(500)) + entropy(fake, torch.zeros(500))
    torch.testing.assert_close(plain.discriminator_loss(real, fake), first)
    torch.testing.assert_close(plain.generator_loss(fake), MinimaxGeneratorLoss()(fake))
    torch.testing.assert_close(GANTips(flip=True).generator_loss(fake), NonSaturatingGeneratorLoss()(fake))
    smooth = entropy(real, torch.full((500,), 0.9)) + entropy(fake, torch.zeros(500))
    torch.testing.assert_close(GANTips(real_label=0.9).discriminator_loss(real, fake), smooth)
    surely = torch.full((4000,), 20.0)  # each exchanged label costs 20
    noisy = GANTips(noisy=0.1).discriminator_loss(surely, -surely)
    assert float(noisy) == pytest.approx(2 * 0.1 * 20, rel=0.15)
    assert float(plain.discriminator_loss(surely, -surely)) < 1e-6


def good():
    generator = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2), nn.Tanh())
    return generator, nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))


REAL, NOISE = 2 * torch.rand(64, 2) - 1, torch.randn(64, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"real": 10 * REAL}, "tanh"),
        ({"discriminator": nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))}, "sparse"),
        ({"generator": nn.Sequential(nn.Linear(4, 2), nn.Tanh())}, "normalised"),
        ({"noise": torch.rand(64, 4)}, "uniform"),
        ({"tips": GANTips()}, "flipped"),
        ({"tips": GANTips(flip=True, real_label=0.5)}, "0.7"),
        ({"tips": GANTips(flip=True, noisy=0.4)}, "fifth"),
    ],
    ids=["range", "relu", "no norm", "uniform noise", "not flipped", "label", "noisy"],
)
def test_planted_bad_settings_are_told_one_by_one(given, word):
    generator, discriminator = good()
    settings = {"generator": generator, "discriminator": discriminator, "real": REAL, "noise": NOISE, **given}
    (said,) = check_gan_settings(**settings)
    assert word in said


def test_good_settings_are_left_alone():
    assert check_gan_settings(*good(), REAL, NOISE, GANTips(flip=True, real_label=0.9, noisy=0.05)) == []
