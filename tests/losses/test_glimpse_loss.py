import torch

from netwright.contracts import check_loss
from netwright.losses import GlimpseLoss


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


SCORES, LOG_P, BASELINE = normal(6, 4), normal(6, 3, seed=1), normal(6, 3, seed=2)
TARGET = torch.tensor([0, 3, 2, 1, 1, 0])


def test_the_loss_of_glimpses_keeps_the_loss_contract():
    check_loss(GlimpseLoss(), SCORES, LOG_P, BASELINE, TARGET, differentiable=2, smooth=False)


def test_the_loss_of_glimpses_equals_its_formula():
    rows = []
    for scores, log_p, baseline, target in zip(SCORES, LOG_P, BASELINE, TARGET, strict=True):
        reward = (scores.exp() / scores.exp().sum())[target]
        path = -sum((reward - b) * p for b, p in zip(baseline, log_p, strict=True))
        rows.append(-reward.log() + 0.7 * (path + ((reward - baseline) ** 2).mean()))
    got = GlimpseLoss(0.7, reduction="none")(SCORES, LOG_P, BASELINE, TARGET)
    torch.testing.assert_close(got, torch.stack(rows))


def test_the_path_learns_from_the_surprise_and_the_baseline_from_the_reward_alone():
    log_p, baseline = LOG_P.clone().requires_grad_(), BASELINE.clone().requires_grad_()
    GlimpseLoss(reduction="sum")(SCORES, log_p, baseline, TARGET).backward()
    reward = SCORES.softmax(1)[range(6), TARGET][:, None]
    torch.testing.assert_close(log_p.grad, BASELINE - reward)
    torch.testing.assert_close(baseline.grad, 2 * (BASELINE - reward) / 3)


def test_the_gradient_is_that_of_the_expected_reward_in_the_mean_of_many_draws():
    """Planted: a place drawn from N(m, s) is right beyond 0, so that d P(right) / dm is a density at 0."""
    m, s = torch.tensor(0.3, requires_grad=True), 0.5
    drawn = (m + s * normal(200_000, seed=3)).detach()
    log_p = -(((drawn - m) / s) ** 2) / 2
    scores = torch.stack([1e6 * drawn, torch.zeros_like(drawn)], 1)  # sure of the answer
    loss = GlimpseLoss()(
        scores, log_p[:, None], torch.full((200_000, 1), 0.7), torch.zeros(200_000, dtype=torch.long)
    )
    (gradient,) = torch.autograd.grad(loss, m)
    density = torch.distributions.Normal(0.0, 1.0).log_prob(m.detach() / s).exp() / s
    assert abs(gradient + density) < 0.02
