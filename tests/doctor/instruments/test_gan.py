"""Games of two networks: what ails them is told, a game that is well is left alone."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import GANMonitor
from netwright.losses import MinimaxDiscriminatorLoss, MinimaxGeneratorLoss, NonSaturatingGeneratorLoss

ANGLES = torch.arange(8) * math.pi / 4
CENTRES = 2 * torch.stack([ANGLES.cos(), ANGLES.sin()], 1)


def real_rows(n_rows=64):
    return CENTRES[torch.randint(8, (n_rows,))] + 0.1 * torch.randn(n_rows, 2)


def network(n_inputs, n_outputs):
    layers = [nn.Linear(n_inputs, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(48, n_outputs))


def play(generator_loss, *, steps=300, rates=(1e-3, 1e-3), rounds=1, generator=None, real=real_rows):
    """A game on a ring of eight kinds of points, told to a monitor."""
    torch.manual_seed(0)
    generator = generator or network(8, 2)
    discriminator, judge, monitor = network(2, 1), MinimaxDiscriminatorLoss(), GANMonitor()
    slow = torch.optim.Adam(generator.parameters(), lr=rates[0], betas=(0.5, 0.9))
    fast = torch.optim.Adam(discriminator.parameters(), lr=rates[1], betas=(0.5, 0.9))
    for _ in range(steps):
        for _ in range(rounds):
            rows, fake = real(), generator(torch.randn(64, 8)).detach()
            fast.zero_grad()
            judge(discriminator(rows), discriminator(fake)).backward()
            fast.step()
        fake = generator(torch.randn(64, 8))
        scores = discriminator(fake)
        loss = generator_loss(scores)
        slow.zero_grad()
        loss.backward()
        gradient = float(torch.stack([one.grad.norm() for one in generator.parameters()]).norm())
        monitor.see(
            float(loss.detach()),
            real=rows,
            fake=fake,
            real_scores=discriminator(rows),
            fake_scores=scores,
            gradient=gradient,
        )
        slow.step()
    return monitor


def kinds(monitor):
    return [finding.kind for finding in monitor.findings()]


class Point(nn.Module):
    """A generator of next to one point."""

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.tensor([1.0, 0.0]))

    def forward(self, noise):
        return self.place + 0.05 * noise[:, :2]


def bilinear():
    """Each player steps along its own gradient of x times y: they circle about the middle for ever."""
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(0.0, requires_grad=True)
    monitor = GANMonitor()
    optimizers = torch.optim.SGD([x], lr=0.1), torch.optim.SGD([y], lr=0.1, maximize=True)
    for _ in range(400):
        for player, optimizer in zip((x, y), optimizers, strict=True):
            (player.grad,) = torch.autograd.grad(x * y, player)
            optimizer.step()
        monitor.see(float(x.detach() * y.detach()))
    return monitor


def wide():
    """A generator whose rows lie apart from the first step on."""
    torch.manual_seed(0)
    generator = network(8, 2)
    with torch.no_grad():
        generator[-1].weight *= 20
    return generator


def far_rows(n_rows=64):
    return real_rows(n_rows) + 20.0


GAMES = {
    "healthy": (lambda: play(NonSaturatingGeneratorLoss()), []),
    "one point": (
        lambda: play(NonSaturatingGeneratorLoss(), steps=80, generator=Point()),
        ["collapsed_output"],
    ),
    "a perfect discriminator": (
        lambda: play(
            MinimaxGeneratorLoss(), steps=120, rates=(1e-5, 5e-3), rounds=3, generator=wide(), real=far_rows
        ),
        ["vanishing_gradient"],
    ),
    "x times y": (bilinear, ["oscillation"]),
}


@pytest.mark.parametrize("game", GAMES)
def test_what_ails_a_game_is_told_and_a_healthy_one_on_a_ring_is_left_alone(game):
    run, ills = GAMES[game]
    assert kinds(run()) == ills


def test_a_game_that_settles_or_only_scatters_does_not_go_round():
    settling, noise = GANMonitor(), GANMonitor()
    generator = torch.Generator().manual_seed(0)
    for step in range(400):
        settling.see(math.exp(-step / 60) * math.sin(step / 4))
        noise.see(0.7 + 0.1 * float(torch.randn((), generator=generator)))
    assert kinds(settling) == []
    assert kinds(noise) == []


def test_little_that_was_seen_says_nothing_and_one_row_has_no_distances():
    monitor = GANMonitor()
    monitor.see(0.7, real=torch.randn(8, 2), fake=torch.zeros(8, 2))
    assert kinds(monitor) == []
    with pytest.raises(InputError, match="at least two"):
        monitor.see(0.7, real=torch.randn(8, 2), fake=torch.zeros(1, 2))


def test_losses_that_are_no_numbers_do_not_go_round():
    monitor = GANMonitor()
    for _ in range(60):
        monitor.see(float(F.softplus(torch.tensor(float("nan")))))
    assert kinds(monitor) == []
