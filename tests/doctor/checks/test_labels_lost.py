"""A class that was never mapped, and rows of which the first of several labels counts alone, with twins."""

import pytest
import torch
from sklearn.datasets import load_iris
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from netwright.doctor.checks.labels_lost import check_first_of_several, check_unmapped_class

X = torch.tensor(load_iris().data, dtype=torch.float32)
Y = torch.tensor(load_iris().target)


def _fit(loader, loss, n_outputs):
    def run():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, n_outputs))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(4):
            for x, y in loader:
                optimizer.zero_grad()
                loss(net(x), y).backward()
                optimizer.step()

    return run


def _shuffled(target):
    return DataLoader(TensorDataset(X, target), batch_size=30, shuffle=True)


def test_a_class_that_was_never_mapped_is_named(watched):
    lost = torch.where(Y == 2, -100, Y)
    (found,) = check_unmapped_class(watched(_fit(_shuffled(lost), F.cross_entropy, 3)))
    assert (found.kind, found.severity) == ("bad_label_values", "warning")
    assert found.evidence["class without rows"] == 2
    assert found.evidence["rows left out"] == 50


@pytest.mark.parametrize(
    ("target", "n_outputs"),
    [
        (Y, 3),
        (torch.where(torch.arange(150) % 3 == 0, -100, Y), 3),  # rows without a label, of all classes
        (Y, 4),  # room for a class that is to come
        (torch.where(Y == 2, -100, Y), 2),  # a class that was left out on purpose
    ],
)
def test_rows_without_labels_and_classes_without_rows_are_left_by_themselves(watched, target, n_outputs):
    assert not list(check_unmapped_class(watched(_fit(_shuffled(target), F.cross_entropy, n_outputs))))


TAGS = torch.stack([X[:, 0] > 5.8, X[:, 1] > 3.0, X[:, 2] > 4.0, X[:, 3] > 1.3], 1).float()


def _of_first(scores, tags):
    return F.cross_entropy(scores, tags.argmax(1))


def test_the_first_of_several_labels_is_named(watched):
    case = watched(_fit(_shuffled(TAGS), _of_first, 4))
    (found,) = check_first_of_several(case)
    assert (found.kind, found.severity) == ("wrong_loss_for_task", "error")
    share = float((TAGS.sum(1) != 1).float().mean())
    assert found.evidence["share of the rows"] == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    ("target", "loss", "n_outputs"),
    [
        (TAGS, F.binary_cross_entropy_with_logits, 4),
        (F.one_hot(Y).float(), _of_first, 3),  # one label a row, written as ones and zeros
        (Y, F.cross_entropy, 3),
    ],
)
def test_all_labels_and_single_ones_are_well(watched, target, loss, n_outputs):
    assert not list(check_first_of_several(watched(_fit(_shuffled(target), loss, n_outputs))))
