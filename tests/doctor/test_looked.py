"""What is said to have been looked at was looked at, and the rest is not claimed."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from netwright.doctor import KINDS, watch
from netwright.doctor.looked import NEEDS, looked_at

X = torch.randn(256, 4, generator=torch.Generator().manual_seed(0))
LABELS, NUMBERS = (X[:, 0] > 0).long(), X[:, :1] - 2 * X[:, 1:2]


def fit(target, outputs, *, rate=0.01, epochs=8, held_out=True, parts=(), end=(), rows=X, clip=None):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), *parts, nn.Linear(16, outputs), *end)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    loss = F.cross_entropy if outputs > 1 else F.mse_loss
    for _ in range(epochs):
        net.train()
        for x, y in DataLoader(TensorDataset(rows[:192], target[:192]), batch_size=32, shuffle=True):
            optimizer.zero_grad()
            loss(net(x), y).backward()
            if clip:
                nn.utils.clip_grad_norm_(net.parameters(), clip)
            optimizer.step()
        net.eval()
        with torch.no_grad():
            loss(net(rows[192:]), target[192:]).item() if held_out else None


def seen_of(**given):
    with watch(budget=3.0) as seen:
        fit(**given)
    return seen.diagnosis


def test_every_kind_says_what_it_needs():
    assert list(NEEDS) == list(KINDS)


def test_of_no_training_nothing_was_looked_at():
    assert looked_at([]) == []


def test_classes_and_numbers_are_asked_different_questions(watched):
    classes = set(looked_at([watched(lambda: fit(LABELS, 2), outcome=True)]))
    numbers = set(looked_at([watched(lambda: fit(NUMBERS, 1), outcome=True)]))
    assert {"softmax_before_ce", "imbalance_ignored", "label_noise"} <= classes - numbers
    assert {"target_scale", "target_shape_broadcast"} <= numbers - classes
    assert {"nan_input", "train_val_leakage", "overfit", "lr_too_high", "params_not_in_optimizer"} <= (
        classes & numbers
    )


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("train_val_shift", {"held_out": True}),
        ("dropout_too_high", {"parts": (nn.Dropout(0.1),)}),
        ("batchnorm_misuse", {"parts": (nn.BatchNorm1d(16),)}),
        ("clip_too_small", {"clip": 5.0}),
    ],
)
def test_a_kind_is_looked_at_only_where_its_object_is_there(watched, kind, given):
    assert kind in looked_at([watched(lambda: fit(LABELS, 2, **given), outcome=True)])
    assert kind not in looked_at([watched(lambda: fit(LABELS, 2, held_out=False), outcome=True)])


def test_what_only_trials_show_is_not_claimed_where_no_time_was_left_for_them():
    with watch(budget=0.0) as seen:
        fit(LABELS, 2, rate=10.0, parts=(nn.Dropout(0.1),))
    hurried, told = seen.diagnosis, seen_of(target=LABELS, outputs=2, rate=10.0, parts=(nn.Dropout(0.1),))
    assert "lr_too_high" not in hurried.runtime["checked"]
    assert hurried.runtime["tried"] == []
    assert "lr_too_high" in told.runtime["checked"]
    assert (hurried.reasons[34], told.reasons[36], told.reasons[34]) == ("not applicable", "found", "checked")
    assert {"", "loss_sign", "lr_too_high"} <= {one["kind"] for one in told.runtime["tried"]}


def test_before_training_only_what_holds_before_it_is_claimed():
    from netwright.doctor import examine

    net = nn.Linear(4, 2)
    told = examine(
        net, F.cross_entropy, torch.optim.SGD(net.parameters(), lr=0.1), [(X, LABELS)] * 3, stage="before"
    )
    assert {"nan_input", "softmax_before_ce"} <= set(told.runtime["checked"])
    assert not {"overfit", "nan_loss", "lr_too_high"} & set(told.runtime["checked"])


def test_what_is_found_is_among_what_was_looked_at():
    for given in (
        {"target": LABELS, "outputs": 2, "end": (nn.Softmax(1),)},
        {"target": NUMBERS[:, 0], "outputs": 1},
        {"target": LABELS, "outputs": 2, "rows": X * torch.tensor([1.0, 1.0, 1.0, float("nan")])},
    ):
        told = seen_of(**given)
        assert {one.kind for one in told.alarms} <= set(told.runtime["checked"])
        assert told.alarms
