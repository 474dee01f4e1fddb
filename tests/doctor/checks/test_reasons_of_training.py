"""Of the 37 reasons and the ten more, those of networks and training: planted on digits, with sound twins."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes, load_digits
from torch import nn

from netwright.doctor.checks.loop import check_evaluation_mode
from netwright.doctor.checks.units import check_batch_norm, check_gradient_reaches, check_silent_units
from netwright.doctor.checks.wiring import check_params_in_optimizer
from netwright.doctor.probe.capacity import capacity
from netwright.doctor.probe.tree import trials

ROWS, LABELS = load_digits(return_X_y=True)
ORDER = torch.randperm(len(ROWS), generator=torch.Generator().manual_seed(0))
X = (torch.tensor(ROWS, dtype=torch.float32) / 16)[ORDER]
Y = torch.tensor(LABELS)[ORDER]
N_TRAIN, HELD_OUT = 400, slice(1400, 1600)


def net(width=32, depth=1, act=nn.ReLU, dropout=0.0, norm=None):
    torch.manual_seed(0)
    layers = []
    for number in range(depth):
        layers += [nn.Linear(width if number else 64, width), *(norm(width) if norm else []), act()]
    return nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(width, 10))


def digits(model, *, rate=0.2, epochs=15, evaluated="eval", x=X, y=Y, loss=F.cross_entropy, **settings):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, **settings)

    def train():
        for _ in range(epochs):
            model.train()
            for rows in torch.randperm(N_TRAIN).split(50):
                optimizer.zero_grad()
                loss(model(x[rows]), y[rows]).backward()
                optimizer.step()
            if evaluated == "eval":
                model.eval()
            with torch.no_grad():
                loss(model(x[HELD_OUT]), y[HELD_OUT])

    return train


def train_accuracy(model):
    model.eval()
    with torch.no_grad():
        return float((model(X[:N_TRAIN]).argmax(1) == Y[:N_TRAIN]).float().mean())


def kinds(findings):
    return [finding.kind for finding in findings]


def test_exactly_the_parameters_that_the_optimizer_does_not_know_are_named(watched):
    model = net(depth=3)
    known = [one for name, one in model.named_parameters() if not name.startswith("2.")]

    def train():
        optimizer = torch.optim.SGD(known, lr=0.1)
        for step in range(4):
            optimizer.zero_grad()
            F.cross_entropy(model(X[64 * step : 64 * step + 64]), Y[64 * step : 64 * step + 64]).backward()
            optimizer.step()

    (found,) = check_params_in_optimizer(watched(train))
    assert found.evidence["parameters"] == ["model.2.weight", "model.2.bias"]
    assert list(check_params_in_optimizer(watched(digits(net(depth=3), epochs=1)))) == []


def test_a_network_that_stalls_above_what_a_wider_one_reaches_is_too_small(watched):
    narrow = watched(digits(net(width=1), rate=0.05, momentum=0.9, epochs=3))
    (found,) = capacity(narrow, [])
    assert (found.kind, found.severity) == ("capacity_too_small", "warning")
    assert found.evidence["left with 128 units"] < 0.05 < 0.25 <= found.evidence["left"]
    assert capacity(watched(digits(net(width=32), epochs=3)), []) == []


PENALTIES = {
    "dropout_too_high": ({"width": 16, "dropout": 0.9}, {}, {"width": 16, "dropout": 0.225}, {}),
    "weight_decay_too_high": ({}, {"weight_decay": 1.0}, {}, {"weight_decay": 0.0}),
}


@pytest.mark.parametrize("kind", PENALTIES)
def test_the_penalty_to_lower_is_named_and_lowering_it_mends_the_training_rows(watched, kind):
    built, settings, mended_built, mended_settings = PENALTIES[kind]
    model = net(**built)
    (found,) = trials(watched(digits(model, **settings), outcome=True), [])
    assert (found.kind, found.severity) == (kind, "warning")
    mended = net(**mended_built)
    case = watched(digits(mended, **mended_settings), outcome=True)
    assert train_accuracy(mended) > 0.9 > train_accuracy(model) + 0.1
    assert trials(case, []) == []


def test_a_model_left_in_training_mode_and_a_large_gap_between_modes_are_found(watched):
    case = watched(digits(net(dropout=0.5), evaluated="train"))
    (found,) = check_evaluation_mode(case)
    assert (found.kind, found.severity) == ("train_mode_eval", "warning")
    assert found.evidence["relative change of the answers"] > 0.1
    assert list(check_evaluation_mode(watched(digits(net(dropout=0.5))))) == []

    def norm(momentum):
        return lambda width: [nn.BatchNorm1d(width, momentum=momentum)]

    def scaled(momentum):
        model = net(norm=norm(momentum))
        with torch.no_grad():
            model[0].weight *= 20
        return watched(digits(model))

    (found,) = check_batch_norm(scaled(0.0))
    assert found.kind == "batchnorm_misuse"
    assert found.evidence["loss in evaluation mode"] > 3 * found.evidence["in training mode"]
    assert list(check_batch_norm(scaled(0.1))) == []


def silent():
    model = net()
    with torch.no_grad():
        model[0].bias.fill_(-50.0)
    return model


TARGETS = torch.tensor(load_diabetes().target, dtype=torch.float32)[:, None]
FEATURES = torch.tensor(load_diabetes(scaled=False).data, dtype=torch.float32)
FEATURES = (FEATURES - FEATURES.mean(0)) / FEATURES.std(0)


def diabetes(target):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)

    def train():
        for _ in range(20):
            for rows in torch.randperm(340).split(34):
                optimizer.zero_grad()
                F.mse_loss(model(FEATURES[rows]), target[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                F.mse_loss(model(FEATURES[340:]), target[340:])

    return train


MORE = {
    "the scale of the target": (
        lambda: diabetes(100 * TARGETS),
        lambda: diabetes((TARGETS - TARGETS.mean()) / TARGETS.std()),
        lambda case: trials(case, []),
        "target_scale",
    ),
    "dead units": (
        lambda: digits(silent()),
        lambda: digits(net()),
        check_silent_units,
        "dead_relu",
    ),
    "too deep": (
        lambda: digits(net(depth=10, act=nn.Sigmoid)),
        lambda: digits(net(depth=1, act=nn.Sigmoid), rate=1.0),
        check_gradient_reaches,
        "vanishing_gradient",
    ),
    "too narrow": (
        lambda: digits(net(width=1), rate=0.05, momentum=0.9, epochs=3),
        lambda: digits(net(width=32), epochs=3),
        lambda case: capacity(case, []),
        "capacity_too_small",
    ),
}


@pytest.mark.parametrize("reason", MORE)
def test_each_of_the_further_reasons_is_found_where_it_was_planted_and_only_there(watched, reason):
    ill, well, look, kind = MORE[reason]
    outcome = reason != "too narrow"  # rows learned by heart tell enough of that
    assert kinds(look(watched(ill(), outcome=outcome))) == [kind]
    assert kinds(look(watched(well(), outcome=outcome))) == []
