"""Everything off, then on one by one: planted faults are named in turn, harmless options come back."""

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import rebuild

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32) / 16, torch.tensor(LABELS)


def run(shuffled, dropout, decay, rate, clip, seed):
    """The plain loss on digits after a short training with some options."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(dropout), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=decay)
    target = Y[torch.randperm(len(Y))] if shuffled else Y
    for _ in range(60):
        rows = torch.randint(len(X), (64,))
        optimizer.zero_grad()
        F.cross_entropy(model(X[rows]), target[rows]).backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
    model.eval()
    with torch.no_grad():
        return float(F.cross_entropy(model(X), Y))


OPTIONS = {
    "clip": (None, 5.0),
    "shuffled": (False, True),
    "dropout": (0.0, 0.1),
    "decay": (0.0, 1.0),
    "rate": (0.05, 5.0),
}


def test_three_planted_faults_are_named_in_turn_as_the_options_come_back():
    told = rebuild(run, OPTIONS)
    assert told.culprits == ("shuffled", "decay", "rate")
    assert told.kept == ("clip", "dropout")
    assert max(told.bare) < min(told.losses["rate"])


def test_options_that_do_no_harm_all_come_back():
    told = rebuild(run, {**OPTIONS, "shuffled": (False, False), "decay": (0.0, 1e-4), "rate": (0.05, 0.1)})
    assert told.culprits == ()


def test_a_training_that_is_ill_with_everything_off_is_refused():
    with pytest.raises(InputError, match="must be a number"):
        rebuild(lambda a, seed: float("nan"), {"a": (0, 1)})
    with pytest.raises(InputError, match="options and seeds"):
        rebuild(run, {})
