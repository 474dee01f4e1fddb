"""What steps do to weights, biases that decide, dropout beside its optimizer, scores beside the loss."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.doctor.checks.recipes import check_dropout_recipe
from netwright.doctor.checks.scores import check_score_follows_loss
from netwright.doctor.checks.updates import check_output_bias, check_update_size, check_weights_grow

ROWS, LABELS = load_digits(return_X_y=True)
ORDER = torch.randperm(len(ROWS), generator=torch.Generator().manual_seed(0))
X = (torch.tensor(ROWS, dtype=torch.float32) / 16)[ORDER]
Y = torch.tensor(LABELS)[ORDER]


def net(dropout=0.0):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(dropout), nn.Linear(32, 10))


def digits(model, *, rate=0.1, steps=30, rows=None, **settings):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, **settings)
    chosen = torch.arange(1200) if rows is None else rows

    def train():
        for step in range(steps):
            batch = chosen[torch.arange(64 * step, 64 * step + 64) % len(chosen)]
            optimizer.zero_grad()
            F.cross_entropy(model(X[batch]), Y[batch]).backward()
            optimizer.step()

    return train


def told(findings):
    return [(finding.kind, finding.severity) for finding in findings]


@pytest.mark.parametrize(
    ("rate", "kind", "advice"),
    [(1e3, "lr_too_high", "lower"), (0.1, None, ""), (1e-7, "lr_too_low", "higher")],
    ids=["diverging", "well", "crawling"],
)
def test_lower_is_advised_for_a_diverging_run_and_higher_for_a_crawling_one(watched, rate, kind, advice):
    found = list(check_update_size(watched(digits(net(), rate=rate))))
    assert told(found) == ([(kind, "info")] if kind else [])
    assert all(advice in one.remedy and one.evidence["update over weights"] > 0 for one in found)


def test_a_rate_that_warms_up_from_nothing_is_taken_at_its_highest(watched):
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1e-7 + step / 20)

    def train():
        for step in range(20):
            rows = slice(50 * step, 50 * step + 50)
            optimizer.zero_grad()
            F.cross_entropy(model(X[rows]), Y[rows]).backward()
            optimizer.step()
            warm.step()

    assert told(check_update_size(watched(train))) == []


def test_weights_that_diverge_are_found_and_those_that_learn_are_not(watched):
    (found,) = check_weights_grow(watched(digits(net(), rate=3e3, steps=40)))
    assert (found.kind, found.severity) == ("diverged", "info")
    assert max(found.evidence["growth"].values()) > 100 or "nan" in str(found.evidence["growth"])
    assert told(check_weights_grow(watched(digits(net())))) == []
    head = net()
    nn.init.zeros_(head[3].weight)
    assert told(check_weights_grow(watched(digits(head)))) == []


@pytest.mark.parametrize(("times", "kinds"), [(200.0, [("diverged", "info")]), (50.0, [])])
def test_a_hundredfold_growth_is_the_bound(watched, times, kinds):
    model = net()

    def train():
        digits(model, rate=1e-3)()
        with torch.no_grad():
            model[0].weight *= times

    assert told(check_weights_grow(watched(train))) == kinds


def test_a_large_bias_of_the_output_under_imbalance_is_found(watched):
    """Nine rows of ten are zeros of the digits; the bias has learned it, and the rest next to nothing."""
    zeros, others = torch.nonzero(Y[:1200] == 0)[:, 0], torch.nonzero(Y[:1200] != 0)[:, 0]
    rows = torch.cat([zeros.repeat(9)[:900], others[:100]])
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))]
    biased = net()
    with torch.no_grad():
        biased[3].bias[0] = 8.0
    (found,) = check_output_bias(watched(digits(biased, rate=1e-3, rows=rows)))
    assert (found.kind, found.severity) == ("imbalance_ignored", "info")
    assert found.evidence["largest bias"] > 7
    assert told(check_output_bias(watched(digits(net(), rate=0.5, steps=150, rows=rows)))) == []


def test_an_answer_that_weights_decide_is_not_that_of_the_bias(watched):
    """All rows are called zeros, by the weights of the last layer; its biases hardly differ."""
    model = net()
    with torch.no_grad():
        model[3].weight[0].fill_(1.0)
        model[3].bias.fill_(0.0)
        model[3].bias[0] = 1e-3
    case = watched(digits(model, rate=1e-6, steps=3))
    assert bool((model(X[:600]).argmax(1) == 0).all())
    assert told(check_output_bias(case)) == []


def test_an_even_network_that_has_just_begun_has_no_such_bias(watched):
    assert told(check_output_bias(watched(digits(net(), steps=3)))) == []


@pytest.mark.parametrize(
    ("dropout", "momentum", "kinds"),
    [
        (0.3, 0.0, ["bad_optimizer_setting"]),
        (0.7, 0.9, ["dropout_too_high"]),
        (0.01, 0.95, ["overfit"]),
        (0.7, 0.0, ["bad_optimizer_setting", "dropout_too_high"]),
        (0.2, 0.9, []),
        (0.5, 0.99, []),
        (0.0, 0.0, []),
    ],
    ids=[
        "no momentum",
        "above a half",
        "below a twentieth",
        "two of them",
        "usual",
        "usual too",
        "no dropout",
    ],
)
def test_advice_for_dropout_is_given_outside_of_the_usual_range(watched, dropout, momentum, kinds):
    found = list(check_dropout_recipe(watched(digits(net(dropout), steps=3, momentum=momentum))))
    assert told(found) == [(kind, "info") for kind in kinds]


def test_adam_has_momentum_of_its_own(watched):
    model = net(0.3)
    optimizer = torch.optim.Adam(model.parameters())

    def train():
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(model(X[:64]), Y[:64]).backward()
            optimizer.step()

    assert told(check_dropout_recipe(watched(train))) == []


class Scaled(nn.Module):
    """Fixed scores of digits times a factor, which alone is learned."""

    def __init__(self):
        super().__init__()
        self.scores, self.factor = net(), nn.Parameter(torch.tensor(0.2))
        optimizer = torch.optim.Adam(self.scores.parameters(), lr=1e-2)
        for _ in range(15):
            optimizer.zero_grad()
            F.cross_entropy(self.scores(X[:600]), Y[:600]).backward()
            optimizer.step()
        self.scores.requires_grad_(requires_grad=False)

    def forward(self, x):
        return self.factor * self.scores(x)


def epochs(model, learning, rate, n_epochs=8):
    optimizer = torch.optim.SGD(learning, lr=rate)

    def train():
        for _ in range(n_epochs):
            for rows in torch.arange(600).split(100):
                optimizer.zero_grad()
                F.cross_entropy(model(X[rows]), Y[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                (model(X[1200:1500]).argmax(1) == Y[1200:1500]).float().mean()

    return train


def test_margins_that_grow_while_no_answer_changes_are_noted(watched):
    model = Scaled()
    (found,) = check_score_follows_loss(watched(epochs(model, [model.factor], 0.02)))
    assert (found.kind, found.severity) == ("wrong_metric", "info")
    assert found.evidence["evaluations with other answers"] == 0
    assert found.evidence["losses"] == sorted(found.evidence["losses"], reverse=True)
    assert 0.3 < found.evidence["accuracy"] < 1


def test_an_accuracy_that_follows_its_loss_is_left_alone(watched):
    model = net()
    assert told(check_score_follows_loss(watched(epochs(model, model.parameters(), 0.1)))) == []
