"""What enters batch by batch, and where it gets lost: each check speaks of the ill and not of the well."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_wine
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.blind import first_blind_part
from netwright.doctor.checks.class_ratio import check_class_ratio
from netwright.doctor.checks.input_batches import check_axes_exchanged, check_blank_batches
from netwright.doctor.checks.standardised import check_standardised
from netwright.doctor.checks.wiring import check_input_connected


def digits(rows=800):
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))[:rows]
    return torch.from_numpy(X[order]).float() / 16, torch.from_numpy(y[order])


def fit(net, batches, held=None, *, epochs=2, loss=F.cross_entropy):
    def train():
        optimizer = torch.optim.Adam(net.parameters(), 0.01)
        for _ in range(epochs):
            for x, y in batches:
                optimizer.zero_grad()
                loss(net(x), y).backward()
                optimizer.step()
            if held is not None:
                with torch.no_grad():
                    F.cross_entropy(net(held[0]), held[1])

    return train


def dense(inputs=64, outputs=10):
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, outputs))


def test_batches_of_zeros_among_others_are_named(watched):
    x, y = digits()
    batches = list(zip(x.split(32), y.split(32), strict=True))
    assert not list(check_blank_batches(watched(fit(dense(), batches))))
    blank = [(x * 0, y) if number % 5 == 2 else (x, y) for number, (x, y) in enumerate(batches)]
    (found,) = check_blank_batches(watched(fit(dense(), blank)))
    assert (found.kind, found.severity, found.evidence["first at step"]) == ("constant_input", "warning", 2)
    assert found.evidence["blank batches"] == 2 * 5
    one_target = [(x[:1].expand(len(x), -1), y * 0) for x, y in batches]
    assert not list(check_blank_batches(watched(fit(dense(), one_target))))


@pytest.mark.parametrize("turned", [True, False])
def test_width_and_height_that_were_exchanged_in_training_are_named(watched, turned):
    x, y = digits(1200)
    images = x.reshape(-1, 1, 8, 8)
    fed = images.transpose(2, 3) if turned else images
    batches = list(zip(fed[:900].split(32), y[:900].split(32), strict=True))
    case = watched(fit(dense(), batches, (images[900:], y[900:]), epochs=4), outcome=True)
    found = list(check_axes_exchanged(case))
    assert [(one.kind, one.severity) for one in found] == [("train_val_shift", "warning")] * turned
    if turned:
        assert found[0].evidence["exchanged"] > 0.8


class Lost(nn.Module):
    def forward(self, x):
        return x * 0


def deep(*middle):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(64, 32), nn.ReLU(), *middle, nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)
    )


def test_the_planted_dead_layer_is_the_first_whose_output_ignores_the_input(watched):
    x, y = digits()
    noise = torch.rand(64, 64)
    assert first_blind_part(deep(), x[:64], noise) is None
    assert first_blind_part(deep(Lost()), x[:64], noise) == "2"
    assert first_blind_part(deep(nn.Linear(32, 32), Lost()), x[:64], noise) == "3"
    zeroed = deep()
    nn.init.zeros_(zeroed[2].weight)
    assert first_blind_part(zeroed, x[:64], noise) == "2"
    net = deep(Lost())
    case = watched(fit(net, list(zip(x.split(32), y.split(32), strict=True))))
    (found,) = check_input_connected(case)
    assert (found.kind, found.where.module) == ("input_disconnected", "net.2")


class Added(nn.Module):
    """Positions are the same for every row, and yet nothing is lost."""

    def __init__(self):
        super().__init__()
        self.rows, self.places, self.out = nn.Linear(64, 8), nn.Embedding(8, 8), nn.Linear(8, 2)

    def forward(self, x):
        return self.out(self.rows(x) + self.places(torch.arange(8)).sum(0))


def test_parts_that_see_no_rows_by_nature_are_not_blind():
    assert first_blind_part(Added(), torch.rand(4, 64), torch.rand(4, 64)) is None


def labelled(counts, **given):
    x, y = digits(1797)
    chosen = torch.cat([(y == label).nonzero().flatten()[:count] for label, count in counts.items()])
    chosen = chosen[torch.randperm(len(chosen), generator=torch.Generator().manual_seed(0))]
    batches = list(zip(x[chosen].split(32), y[chosen].split(32), strict=True))
    return y[chosen], fit(dense(), batches, loss=lambda out, y: F.cross_entropy(out, y, **given))


def test_above_ten_to_one_the_balanced_weights_of_scikit_learn_are_suggested(watched):
    labels, train = labelled({0: 165, 1: 60, 2: 12})
    (found,) = check_class_ratio(watched(train))
    assert (found.kind, found.severity) == ("imbalance_ignored", "info")
    assert found.evidence["ratio"] == pytest.approx(165 / 12)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=labels.numpy())
    assert list(found.evidence["balanced weights"].values()) == pytest.approx(theirs)


def test_below_ten_to_one_and_under_a_weighted_loss_nothing_is_said(watched):
    assert not list(check_class_ratio(watched(labelled({0: 165, 1: 20})[1])))
    weight = torch.tensor([1.0, 3.0, 14.0, *[1.0] * 7])
    assert not list(check_class_ratio(watched(labelled({0: 165, 1: 60, 2: 12}, weight=weight)[1])))


def wines(prepare):
    X, y = load_wine(return_X_y=True)
    x, y = torch.from_numpy(prepare(X)).float(), torch.from_numpy(y)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return fit(dense(13, 3), list(zip(x[order].split(32), y[order].split(32), strict=True)))


def test_columns_far_from_standard_are_noted_and_scaled_ones_are_not(watched):
    (found,) = check_standardised(watched(wines(lambda X: X)))
    assert (found.kind, found.severity) == ("unscaled_input", "info")
    assert 12 in found.evidence["columns"]
    assert not list(check_standardised(watched(wines(StandardScaler().fit_transform))))
    flags = check_standardised(watched(wines(lambda X: (np.quantile(X, 0.99, axis=0) < X).astype(float))))
    assert not list(flags)  # rare flags are no columns to be scaled
