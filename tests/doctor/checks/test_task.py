"""What the loss asks for: each check speaks of a training that is ill, and is silent about its twins."""

import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.task import (
    check_binary_targets,
    check_classes_as_numbers,
    check_cut_targets,
    check_measures,
    check_network_counts,
    check_soft_targets,
)


def table(load, rows=256):
    """Standardised columns and the target of one of scikit-learn's tables, in a random order."""
    x, y = load(return_X_y=True)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:rows]
    x, y = torch.from_numpy(x).float()[order], torch.from_numpy(y)[order]
    return (x - x.mean(0)) / (x.std(0) + 1e-6), y


def fit(net, loss_of, x, y, *, held=0, epochs=2, rate=0.01, judge=None):
    """A training with Adam; the last rows are held out, and judged after each epoch."""
    n_rows = len(x) - held

    def train():
        optimizer = torch.optim.Adam(net.parameters(), rate)
        for _ in range(epochs):
            net.train()
            for rows in torch.randperm(n_rows).split(32):
                optimizer.zero_grad()
                loss_of(net(x[rows]), y[rows]).backward()
                optimizer.step()
            if held:
                with torch.no_grad():
                    (judge or compare)(net.eval()(x[n_rows:]), y[n_rows:])

    return train


def compare(answer, y):
    return F.mse_loss(answer, y) if answer.shape == y.shape else F.cross_entropy(answer, y)


def net(inputs, outputs, *after):
    return nn.Sequential(nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, outputs), *after)


def yes_or_no(y):
    x, labels = table(load_breast_cancer)
    return fit(net(30, 1), F.binary_cross_entropy_with_logits, x, y(labels)[:, None].float())


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (lambda labels: 2 * labels - 1, "bad_label_values"),
        (lambda labels: labels + (torch.arange(len(labels)) % 2), "wrong_loss_for_task"),
    ],
)
def test_binary_cross_entropy_of_targets_beyond_0_and_1(watched, y, kind):
    (found,) = check_binary_targets(watched(yes_or_no(y)))
    assert (found.kind, found.severity) == (kind, "error")
    assert not list(check_binary_targets(watched(yes_or_no(lambda labels: labels))))


def shares(targets):
    x, y = table(load_digits)
    return fit(net(64, 10), F.cross_entropy, x, targets(F.one_hot(y, 10).float()))


def test_several_labels_a_row_under_cross_entropy(watched):
    (found,) = check_binary_targets(watched(shares(lambda one: one + one.roll(3, 1))))
    assert (found.kind, found.severity) == ("wrong_loss_for_task", "error")
    assert found.evidence["largest sum"] == 2
    for well in (lambda one: one, lambda one: 0.9 * one + 0.01):
        assert not list(check_binary_targets(watched(shares(well))))


def distilled(cast):
    x, y = table(load_digits)
    soft = cast(F.one_hot(y, 10) * 0.7 + 0.03)
    loss = nn.KLDivLoss(reduction="batchmean")
    return fit(net(64, 10, nn.LogSoftmax(1)), loss, x, soft)


def test_soft_targets_cut_to_integers(watched):
    (found,) = check_soft_targets(watched(distilled(lambda soft: soft.long().float())))
    assert (found.kind, found.severity) == ("wrong_target_dtype", "error")
    assert not list(check_soft_targets(watched(distilled(lambda soft: soft))))


def regression(target):
    x, y = table(load_diabetes)
    y = (y - y.mean()) / y.std()
    return fit(net(10, 1), F.mse_loss, x, target(y)[:, None].float())


def test_targets_that_lost_their_fractions(watched):
    (found,) = check_cut_targets(watched(regression(lambda y: y.long())))
    assert found.kind == "wrong_target_dtype"
    assert found.is_alarm
    for well in (lambda y: y, lambda y: (3 * y).round() + 20, lambda y: (y > 0) + 1):
        assert not list(check_cut_targets(watched(regression(well))))


def test_class_numbers_that_are_regressed(watched):
    x, y = table(load_digits, 900)
    case = watched(fit(net(64, 1), F.mse_loss, x, y[:, None].float(), held=300, epochs=3))
    (found,) = check_classes_as_numbers(case)
    assert (found.kind, found.severity) == ("wrong_loss_for_task", "warning")
    assert found.evidence["classifying trees"] > found.evidence["rounded regression"] + 0.15


def test_a_count_may_be_regressed_and_classes_be_classified(watched):
    x, y = table(load_digits, 900)
    case = watched(fit(net(64, 10), F.cross_entropy, x, y, held=300))
    assert not list(check_classes_as_numbers(case))
    count = (x[:, 20] + x[:, 28]).round()  # a number that happens to be whole
    case = watched(fit(net(64, 1), F.mse_loss, x, count[:, None], held=300, epochs=20))
    assert not list(check_classes_as_numbers(case))


def judged_by(judge):
    x, y = table(load_breast_cancer)
    loss = F.binary_cross_entropy_with_logits
    return fit(net(30, 1), loss, x, y[:, None].float(), held=60, judge=judge)


def test_the_largest_of_one_output(watched):
    (found,) = check_measures(watched(judged_by(lambda answer, _: answer.argmax(1))))
    assert (found.kind, found.severity) == ("wrong_metric", "warning")
    assert found.where.line.file == __file__
    assert not list(check_measures(watched(judged_by(lambda answer, _: answer > 0))))


@pytest.mark.parametrize(
    ("judge", "said"),
    [(lambda answer, y: (answer > 0) == y[:, 0], "stretched"), (lambda answer, _: answer > 0.5, "0.5")],
)
def test_answers_stretched_to_targets_or_cut_at_a_half(watched, judge, said):
    (found,) = check_measures(watched(judged_by(judge)))
    assert found.kind == "wrong_metric"
    assert said in found.message


def test_a_loss_that_does_not_count_the_answer(watched):
    x, y = table(load_diabetes)
    y = y[:, None].float()
    case = watched(fit(net(10, 1), lambda answer, target: F.mse_loss(answer * 0, target), x, y))
    (found,) = check_network_counts(case)
    assert (found.kind, found.severity) == ("loss_ignores_model", "error")
    assert not list(check_network_counts(watched(fit(net(10, 1), F.mse_loss, x, y))))
