"""Checks of single columns and of held-out rows, each with a training that is ill and ones that are well."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.data_columns import check_scaler_leakage, check_target_leakage
from netwright.doctor.checks.data_shift import check_relation, check_shift, differences


def rows(n_rows=200, columns=6, seed=1):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n_rows, columns, generator=generator)
    noise = torch.randn(n_rows, generator=generator)
    return x, ((x[:, 0] + x[:, 1] + 0.3 * noise) > 0).long(), x[:, :1] + x[:, 1:2] + 0.3 * noise[:, None]


def training(x, y, *held, steps=40, rate=0.05):
    """Train a linear model on all rows at once, and evaluate it on (inputs, targets)."""
    classes = not y.is_floating_point()

    def train():
        net = nn.Linear(x.shape[1], int(y.max()) + 1 if classes else 1)
        optimizer = torch.optim.Adam(net.parameters(), lr=rate)
        for _ in range(steps):
            optimizer.zero_grad()
            (F.cross_entropy if classes else F.mse_loss)(net(x), y).backward()
            optimizer.step()
        with torch.no_grad():
            for z, target in held:
                answer = net(z)
                (answer.argmax(1) == target) if classes else (answer - target).square().mean()

    return train


def test_the_label_as_a_column(watched):
    x, y, _ = rows()
    x[:, 3] = (y.float() - 0.5) * 3
    (found,) = check_target_leakage(watched(training(x, y)))
    assert (found.kind, found.severity) == ("target_leakage", "warning")
    assert found.evidence["columns"] == [3]


def test_the_label_as_one_hot_columns(watched):
    x, _, _ = rows(columns=4)
    y = torch.arange(200) % 4
    (found,) = check_target_leakage(watched(training(torch.cat([x, F.one_hot(y).float()], 1), y)))
    assert found.evidence["columns"] == [4, 5, 6, 7]


def test_the_rank_of_a_number_as_a_column(watched):
    x, _, y = rows()
    x[:, 2] = y[:, 0].argsort().argsort().float()
    (found,) = check_target_leakage(watched(training(x, y)))
    assert found.evidence["columns"] == [2]


def test_strong_columns_are_no_leak(watched):
    x, y, number = rows()
    assert not list(check_target_leakage(watched(training(x, y))))
    assert not list(check_target_leakage(watched(training(x, (x[:, 0] > 0).long()))))
    assert not list(check_target_leakage(watched(training(number.repeat(1, 5) + 0.01 * x[:, :5], number))))
    assert not list(check_target_leakage(watched(training(number.repeat(1, 2), number))))


def test_binary_tables_may_hold_a_column_that_decides(watched):
    x, _, _ = rows()
    bits = (x > 0).float()
    bits[:, 1] = torch.where(torch.rand(200) < 0.03, 1 - bits[:, 0], bits[:, 0])
    assert not list(check_target_leakage(watched(training(bits, bits[:, 0].long()))))


def test_a_scaler_that_has_seen_the_held_out_rows(watched):
    x, y, _ = rows(260)
    x = (x * 3 + 1 - x.mean(0)) / 3
    scaled = (x - x.mean(0)) / x.std(0, unbiased=False)
    (found,) = check_scaler_leakage(watched(training(scaled[:200], y[:200], (scaled[200:], y[200:]))))
    assert (found.kind, found.severity) == ("scaler_leakage", "warning")


def test_a_range_that_has_seen_the_held_out_rows(watched):
    x, y, _ = rows(300, columns=12)
    x = (x - x.amin(0)) / (x.amax(0) - x.amin(0))
    assert list(check_scaler_leakage(watched(training(x[:150], y[:150], (x[150:], y[150:])))))


def test_a_scaler_of_the_training_rows_is_well(watched):
    x, y, _ = rows(260)
    scaled = (x - x[:200].mean(0)) / x[:200].std(0)
    held = scaled[200:], y[200:]
    assert not list(check_scaler_leakage(watched(training(scaled[:200], y[:200], held))))
    bytes_ = (torch.rand(260, 6) * 300).clamp(max=255).round() / 255
    assert not list(check_scaler_leakage(watched(training(bytes_[:200], y[:200], (bytes_[200:], y[200:])))))


def test_held_out_rows_that_stay_raw(watched):
    x, y, _ = rows(400)
    case = watched(training(x[:300], y[:300], (x[300:] * 40 + 60, y[300:])), outcome=True)
    (found,) = check_shift(case)
    assert (found.kind, found.severity) == ("train_val_shift", "warning")


def test_held_out_rows_of_a_class_of_their_own(watched):
    x, _, _ = rows(300)
    y = torch.arange(300) // 100
    x = x + 2 * y[:, None]
    case = watched(training(x[:200], y[:200], (x[200:], y[200:])), outcome=True)
    assert "class" in next(check_shift(case)).message


def test_held_out_targets_beyond_the_training_targets(watched):
    x, _, y = rows(300)
    order = y[:, 0].argsort()
    x, y = torch.tanh(x[order]), y[order]
    case = watched(training(x[:200], y[:200], (x[200:], y[200:])), outcome=True)
    assert "beyond" in next(check_shift(case)).message


@pytest.mark.parametrize("seed", range(6))
def test_random_splits_do_not_differ(watched, seed):
    x, y, _ = rows(160, seed=seed)
    case = watched(training(x[:110], y[:110], (x[110:], y[110:])), outcome=True)
    assert not list(check_shift(case))


def test_classes_that_are_evened_out_in_training_are_well(watched):
    x, _, _ = rows(900)
    y = (torch.arange(900) % 15 == 0).long()
    x = x + 2.5 * y[:, None]
    few, rest = x[:600][y[:600] == 1], x[:600][y[:600] == 0]
    even, labels = torch.cat([rest, few.repeat(14, 1)]), torch.cat([torch.zeros(560), torch.ones(560)]).long()
    case = watched(training(even, labels, (x[600:], y[600:])), outcome=True)
    assert not [one for one in check_shift(case) if one.severity != "info"]


def test_a_drift_without_harm_is_information(watched):
    x, _, _ = rows(400)
    y = x[:, :1] + x[:, 1:2]
    case = watched(training(x[:300], y[:300], (x[300:] + 0.8, y[300:] + 1.6), steps=150), outcome=True)
    assert {one.severity for one in check_shift(case)} <= {"info"}


def test_labels_that_were_coded_the_other_way_round_in_training(watched):
    x, y, _ = rows(400)
    case = watched(training(x[:300], 1 - y[:300], (x[300:], y[300:])), outcome=True)
    (found,) = check_relation(case)
    assert (found.kind, found.severity) == ("train_val_shift", "warning")
    assert (
        found.evidence["best on held-out rows"]
        < 0.2
        < 0.8
        < found.evidence["cross-validated on training rows"]
    )


@pytest.mark.parametrize("case_of", ["same", "no relation", "few"])
def test_a_relation_that_holds_or_that_nobody_knows_is_well(watched, case_of):
    x, y, _ = rows(400)
    there = {"same": y, "no relation": y[torch.randperm(400)], "few": torch.cat([y[:300], y[-100:]])}[case_of]
    last = 308 if case_of == "few" else 400
    turned = 1 - there[:300] if case_of == "few" else there[:300]
    case = watched(training(x[:300], turned, (x[300:last], y[300:last])), outcome=True)
    assert not list(check_relation(case))


def test_ids_of_another_vocabulary(watched):
    generator = torch.Generator().manual_seed(1)
    follows = torch.rand(40, 40, generator=generator).argsort(1)[:, :3]

    def text(n_rows):
        ids = [torch.randint(40, (n_rows,), generator=generator)]
        for _ in range(19):
            ids.append(follows[ids[-1], torch.randint(3, (n_rows,), generator=generator)])
        return torch.stack(ids, 1)

    train_ids, val_ids = text(400), text(150)
    renamed = torch.randperm(40, generator=generator)[val_ids]

    def train(val):
        def run():
            net = nn.Sequential(nn.EmbeddingBag(40, 8), nn.Linear(8, 2))
            optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
            for _ in range(10):
                optimizer.zero_grad()
                F.cross_entropy(net(train_ids), train_ids[:, 0] % 2).backward()
                optimizer.step()
            with torch.no_grad():
                net(val)

        return run

    (found,) = check_shift(watched(train(renamed)))
    assert (found.kind, found.severity) == ("train_val_shift", "warning")
    assert not list(check_shift(watched(train(val_ids))))


def test_differences_are_those_of_the_formula():
    x = torch.randn(500, 3).double().numpy()
    move, stretch = differences(x, x * 4 + 2 * x.std(0), None)
    assert abs(stretch - 1.386) < 0.01
    assert abs(move - 2) < 0.4
