"""Rules of thumb: each is noted where it is broken, and not where it is kept."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_wine
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.batch_size import check_failed_batch_norm, check_large_batch, check_small_batch
from netwright.doctor.checks.crash import check_failed_loss
from netwright.doctor.checks.enough_rows import check_rows_per_class, rows_there_are
from netwright.doctor.checks.first_loss import check_first_loss, first_loss
from netwright.doctor.checks.loss import check_softmax_before_ce
from netwright.doctor.checks.loss_parts import check_loss_parts
from netwright.doctor.checks.practice import check_practice
from netwright.doctor.checks.pretrained import check_pretrained_range
from netwright.doctor.checks.swapped import check_swapped
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher


def digits(rows=640):
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:rows]
    return torch.from_numpy(X[order]).float() / 16, torch.from_numpy(y[order])


def dense(*after, inputs=64, outputs=10):
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, outputs), *after)


def fit(net, x, y, loss=F.cross_entropy, *, batch=32, epochs=2, shuffle=True, optimizer=None):
    def train():
        steps = (optimizer or torch.optim.Adam)(net.parameters(), lr=0.01)
        for _ in range(epochs):
            order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
            for rows in order.split(batch):
                steps.zero_grad()
                loss(net(x[rows]), y[rows]).backward()
                steps.step()

    return train


def kinds(found):
    return [(one.kind, one.severity) for one in found]


def test_a_first_loss_of_10_for_ten_classes_is_noted_and_log_10_is_expected(watched):
    x, y = digits()
    well = watched(fit(dense(), x, y))
    mean, expected = first_loss(well)
    assert expected == pytest.approx(math.log(10), rel=0.01)
    assert mean == pytest.approx(expected, rel=0.1)
    assert not list(check_first_loss(well))
    sure = dense()
    with torch.no_grad():
        sure[3].weight.mul_(150)
    case = watched(fit(sure, x, y))
    assert first_loss(case)[0] > 10
    assert kinds(check_first_loss(case)) == [("bad_initial_loss", "info")]


def test_fifty_rows_a_class_are_few_from_scratch(watched):
    x, y = digits(1797)
    few = torch.cat([(y == label).nonzero().flatten()[:50] for label in range(10)])
    case = watched(fit(dense(), x[few], y[few]))
    (found,) = check_rows_per_class(case)
    assert (found.kind, found.severity) == ("too_few_samples", "info")
    assert found.evidence["rows of the rarest class"] == pytest.approx(50, abs=2)
    assert found.evidence["gain from twice as many"] > 0
    tuned = dense()
    fit(tuned, x, y, epochs=30)()
    assert not list(check_rows_per_class(watched(fit(tuned, x[few], y[few]))))
    frozen = dense()
    frozen[1].requires_grad_(False)
    assert not list(check_rows_per_class(watched(fit(frozen, x[few], y[few]))))


def test_of_rows_that_never_come_again_nobody_knows_the_number(watched):
    x, y = digits(640)
    case = watched(fit(dense(), x, y, epochs=1))
    assert rows_there_are(case) == 0
    assert not list(check_rows_per_class(case))
    assert rows_there_are(watched(fit(dense(), x, y, epochs=2))) == pytest.approx(640, rel=0.1)


def test_a_thousand_rows_a_class_are_enough(watched):
    x, y = digits(1797)
    x, y = torch.cat([x, x + 0.01]), torch.cat([y, y]) % 2
    assert int(y.bincount().min()) > 1000
    assert not list(check_rows_per_class(watched(fit(dense(outputs=2), x, y))))


def test_most_rows_in_one_batch_are_noted_and_64_or_a_small_whole_are_not(watched):
    x = torch.rand(10_000, 4)
    y = (x[:, 0] > 0.5).long()
    net = dense(inputs=4, outputs=2)
    (found,) = check_large_batch(watched(fit(net, x, y, batch=8192)))
    assert (found.kind, found.severity) == ("batch_too_large", "info")
    assert (found.evidence["rows of a step"], found.evidence["rows"]) == (8192, 10_000)
    assert not list(check_large_batch(watched(fit(net, x, y, batch=64, epochs=1))))
    assert not list(check_large_batch(watched(fit(net, x[:400], y[:400], batch=400))))


def normed(batch, layer):
    x, y = digits(128)
    net = nn.Sequential(nn.Linear(64, 32), layer, nn.ReLU(), nn.Linear(32, 10))
    return fit(net, x, y, batch=batch)


def test_batch_norm_over_two_rows_is_noted(watched):
    case = watched(normed(2, nn.BatchNorm1d(32)))
    (found,) = check_small_batch(case)
    assert (found.kind, found.severity, found.where.module) == ("batch_too_small", "warning", "net.1")
    assert found.evidence["values of a channel"] == 2
    for poor, severity in ((True, "warning"), (False, "info")):
        case.outcome = type("Outcome", (), {"poor": poor})()
        assert [one.severity for one in check_small_batch(case)] == [severity]


def test_batch_norm_over_three_rows_is_no_more_than_noted_where_nobody_knows_how_it_went(watched):
    (found,) = check_small_batch(watched(normed(3, nn.BatchNorm1d(32))))
    assert (found.severity, found.evidence["values of a channel"]) == ("info", 3)


@pytest.mark.parametrize(("batch", "layer"), [(32, nn.BatchNorm1d(32)), (2, nn.LayerNorm(32))])
def test_batch_norm_over_many_rows_and_a_norm_of_each_row_are_well(watched, batch, layer):
    assert not list(check_small_batch(watched(normed(batch, layer))))


def test_frozen_batch_norm_does_not_mind_two_rows(watched):
    x, y = digits(64)
    norm = nn.BatchNorm1d(64).eval()
    net = nn.Sequential(norm, nn.Linear(64, 10))
    assert not list(check_small_batch(watched(fit(net, x, y, batch=2))))


def facts_of(train):
    with watching(Watcher()) as watcher:
        try:
            train()
        except Exception as error:
            watcher.facts.crash = f"{type(error).__name__}: {error}"
    return watcher.facts


def test_a_script_that_ended_in_batch_norm_of_one_row_is_told_why():
    x, y = digits(65)
    net = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))
    (found,) = check_failed_batch_norm(facts_of(fit(net, x, y)))
    assert (found.kind, found.severity) == ("batch_too_small", "error")
    assert not list(check_failed_batch_norm(facts_of(fit(net, x[:64], y[:64]))))


def test_probabilities_exchanged_arguments_and_one_hot_labels_are_told(watched):
    x, y = digits(320)
    assert kinds(check_softmax_before_ce(watched(fit(dense(nn.Softmax(1)), x, y)))) == [
        ("softmax_before_ce", "error")
    ]
    yes = (y > 4).float()[:, None]
    net = dense(nn.Sigmoid(), outputs=1)
    exchanged = fit(net, x[:32], yes[:32], lambda out, y: F.binary_cross_entropy(y, out), epochs=1)
    assert kinds(check_swapped(watched(exchanged))) == [("wrong_target_dtype", "error")]
    one_hot = F.one_hot(y, 10)
    soft = fit(dense(), x, one_hot.float(), lambda out, y: F.cross_entropy(y, out.softmax(1)))
    assert kinds(check_swapped(watched(soft))) == [("wrong_target_dtype", "error")]
    for target in (one_hot, y.float()):
        found = check_failed_loss(facts_of(fit(dense(), x, target)))
        assert kinds(found) == [("wrong_target_dtype", "error")]
    turned = check_failed_loss(facts_of(fit(dense(), x, y, lambda out, y: F.cross_entropy(y, out))))
    assert [one.kind for one in turned] == ["wrong_target_dtype"]


def test_losses_that_are_given_what_they_take_are_well(watched):
    x, y = digits(320)
    case = watched(fit(dense(), x, y))
    assert not [*check_softmax_before_ce(case), *check_swapped(case)]
    assert not list(check_swapped(watched(fit(dense(), x, F.one_hot(y, 10).float()))))
    reverse = fit(
        dense(),
        x,
        y,
        lambda out, _: F.kl_div(torch.full((1, 10), 0.1).log(), out.softmax(1), reduction="sum"),
    )
    assert not list(check_swapped(watched(reverse)))
    fixed = torch.randn(32, 10, generator=torch.Generator().manual_seed(0))
    towards = fit(dense(), x, y, lambda out, _: F.cross_entropy(fixed, out.softmax(1)))
    assert not list(check_swapped(watched(towards)))  # scores that were fixed are no labels


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
        self.digit, self.ink = nn.Linear(32, 10), nn.Linear(32, 1)

    def forward(self, x):
        hidden = self.trunk(x)
        return self.digit(hidden), self.ink(hidden)


def joint(weight):
    def loss(out, y):
        ink = ((out[1][:, 0] - y.float()) ** 2).mean()
        return F.cross_entropy(out[0], y) + weight * ink

    return loss


def test_a_part_of_the_loss_that_drowns_the_other_is_noted_with_the_shares(watched):
    x, y = digits(320)
    (found,) = check_loss_parts(watched(fit(TwoHeads(), x, y, joint(1000.0))))
    assert (found.kind, found.severity) == ("loss_weights", "info")
    norms, shares = found.evidence["gradient norms"], found.evidence["shares"]
    assert max(norms) / min(norms) > 100
    assert sum(shares) == pytest.approx(1.0)
    assert not list(check_loss_parts(watched(fit(TwoHeads(), x, y, joint(0.05)))))


def test_a_small_penalty_on_weights_is_no_part_that_drowns(watched):
    x, y = digits(320)
    net = dense()

    def loss(out, y):
        return F.cross_entropy(out, y) + 1e-6 * sum((one**2).sum() for one in net.parameters())

    assert not list(check_loss_parts(watched(fit(net, x, y, loss))))


def wines(scale):
    X, y = load_wine(return_X_y=True)
    x, y = torch.from_numpy(X).float(), torch.from_numpy(y)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:160]
    return ((x - x.mean(0)) / x.std(0) if scale else x)[order], y[order]


def test_bad_settings_are_noted_with_the_rule_that_they_break(watched):
    rate = lambda parameters, lr: torch.optim.SGD(parameters, lr=10.0)  # noqa: E731
    net = dense(inputs=13, outputs=3)
    found = list(check_practice(watched(fit(net, *wines(False), optimizer=rate, shuffle=False))))
    assert [one.kind for one in found] == ["lr_too_high", "unshuffled", "unscaled_input"]
    assert {one.severity for one in found} == {"info"}
    assert all("Bengio (2012)" in one.message for one in found)
    low = lambda parameters, lr: torch.optim.SGD(parameters, lr=1e-7)  # noqa: E731
    found = list(check_practice(watched(fit(net, *wines(True), optimizer=low))))
    assert [one.kind for one in found] == ["lr_too_low"]


def test_the_recommended_settings_are_well(watched):
    net = dense(inputs=13, outputs=3)
    assert not list(check_practice(watched(fit(net, *wines(True), optimizer=torch.optim.SGD))))


def pretrained(prepare):
    """A network with batch normalisation and a new head, trained on digits prepared in some way."""
    torch.manual_seed(0)
    x, y = digits()
    net = nn.Sequential(
        *(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(32, 10)),
    )
    fit(net, prepare(x.reshape(-1, 1, 8, 8)), y, epochs=3)()
    net[5] = nn.Linear(32, 2)
    return net


def standard(x):
    return (x - 0.449) / 0.226


@pytest.mark.parametrize(
    ("own", "given", "said"),
    [
        (lambda x: x, lambda x: 255 * x, "divided by 255"),
        (lambda x: 255 * x, lambda x: x, "times 255"),
        (standard, lambda x: x, "standardised with ImageNet's mean and deviation"),
        (lambda x: x, standard, "without ImageNet's mean and deviation"),
    ],
)
def test_inputs_of_another_range_than_in_pretraining_are_caught(watched, own, given, said):
    x, y = digits(320)
    images = x.reshape(-1, 1, 8, 8)
    (found,) = check_pretrained_range(watched(fit(pretrained(own), given(images), y % 2)))
    assert (found.kind, found.severity) == ("unscaled_input", "info")
    assert found.evidence["change"] == said
    assert not list(check_pretrained_range(watched(fit(pretrained(own), own(images), y % 2))))


def test_a_network_that_was_never_trained_has_no_range(watched):
    x, y = digits(320)
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 10))
    assert not list(check_pretrained_range(watched(fit(net, 255 * x.reshape(-1, 1, 8, 8), y))))
