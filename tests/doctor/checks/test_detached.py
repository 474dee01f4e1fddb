"""Terms that do not reach weights, gradients that stand, optimizers without steps; and their twins."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.detached import check_term_reached
from netwright.doctor.checks.loop import check_every_optimizer_steps
from netwright.doctor.checks.units import check_gradient_stands
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher

X = torch.tensor(load_digits().data[:512] / 16, dtype=torch.float32)


class Coder(nn.Module):
    def __init__(self, *, cut):
        super().__init__()
        self.encode, self.decode, self.cut = nn.Linear(64, 8), nn.Linear(8, 64), cut

    def forward(self, x):
        code = self.encode(x)
        return self.decode(code.detach() if self.cut else code), code


def _code(*, cut):
    def run():
        coder = Coder(cut=cut)
        optimizer = torch.optim.Adam(coder.parameters(), lr=0.01)
        for step in range(160):
            rows = X[64 * (step % 8) : 64 * (step % 8) + 64]
            rebuilt, code = coder(rows)
            loss = ((rebuilt - rows) ** 2).sum() / 64 + 0.1 * code.square().sum() / 64
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return run


def test_a_term_that_does_not_reach_the_weights_it_depends_on_is_found(watched):
    (found,) = check_term_reached(watched(_code(cut=True), outcome=True))
    assert (found.kind, found.severity) == ("detached_graph", "warning")
    assert all("encode" in name for name in found.evidence["parameters"])
    assert not list(check_term_reached(watched(_code(cut=False), outcome=True)))


def _silenced(bias):
    def run():
        network = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 1), nn.ReLU())
        optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
        for step in range(60):
            optimizer.zero_grad()
            F.mse_loss(network(X), torch.full((512, 1), 2.0)).backward()
            optimizer.step()
            if step == 20:
                with torch.no_grad():
                    network[2].bias.fill_(bias)

    return run


def test_a_gradient_that_is_zero_for_good_is_found(watched):
    (found,) = check_gradient_stands(watched(_silenced(-100.0)))
    assert (found.kind, found.severity) == ("dead_relu", "warning")
    assert not list(check_gradient_stands(watched(_silenced(0.5))))


@pytest.mark.parametrize("order", ["never", "before", "after"])
def test_of_two_optimizers_one_that_does_not_step_is_named(order):
    torch.manual_seed(0)
    generator, critic = nn.Linear(2, 3), nn.Linear(3, 1)
    with watching(Watcher()) as watcher:
        of_generator = torch.optim.SGD(generator.parameters(), lr=0.01)
        of_critic = torch.optim.SGD(critic.parameters(), lr=0.01)
        for _ in range(6):
            samples = generator(torch.randn(8, 2))
            of_critic.zero_grad()
            (critic(samples.detach()).mean() - critic(torch.randn(8, 3)).mean()).backward()
            of_critic.step()
            loss = critic(samples).mean().neg()
            of_generator.zero_grad()
            if order == "before":
                of_generator.step()
            loss.backward()
            if order == "after":
                of_generator.step()
    found = [(one.kind, one.severity) for one in check_every_optimizer_steps(watcher.facts)]
    assert found == ([] if order == "after" else [("step_order", "error")])
