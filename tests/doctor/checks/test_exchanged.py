"""Scores of scikit-learn with truth and answers exchanged, and their twins."""

import subprocess
import sys

import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.metrics import f1_score, mean_squared_error, precision_score, r2_score
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.exchanged import check_exchanged
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher


def fit(load, loss, measure, batch=500):
    """A training on one of scikit-learn's tables, whose last rows are scored with `measure` at the end."""

    def run():
        x, y = load(return_X_y=True)
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
        x, y = torch.from_numpy(x).float()[order], torch.from_numpy(y).float()[order]
        x = (x - x.mean(0)) / x.std(0)
        middle, spread = (y.mean(), y.std()) if loss is F.mse_loss else (0.0, 1.0)
        net = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(5):
            for rows in torch.randperm(300).split(50):
                optimizer.zero_grad()
                loss(net(x[rows]).squeeze(1), (y[rows] - middle) / spread).backward()
                optimizer.step()
        net.eval()
        with torch.no_grad():
            said = torch.cat([net(rows) for rows in x[300:].split(batch)]).squeeze(1)
        measure((said * spread + middle).numpy(), y[300:].numpy())

    return run


def labels(said):
    return (said > 0).astype(float)


NUMBERS, TAGS = (load_diabetes, F.mse_loss), (load_breast_cancer, F.binary_cross_entropy_with_logits)
ILL = {
    "r2": (*NUMBERS, lambda said, y: r2_score(said, y)),
    "r2 by name": (*NUMBERS, lambda said, y: r2_score(y_pred=y, y_true=said)),
    "precision": (*TAGS, lambda said, y: precision_score(labels(said), y)),
}
WELL = {
    "r2": (*NUMBERS, lambda said, y: r2_score(y, said)),
    "either way": (*NUMBERS, lambda said, y: mean_squared_error(said, y)),
    "f1": (*TAGS, lambda said, y: f1_score(labels(said), y)),
    "precision": (*TAGS, lambda said, y: precision_score(y, labels(said))),
    "of the answers themselves": (*NUMBERS, lambda said, y: r2_score(said, said)),
}


@pytest.mark.parametrize("batch", [500, 20])
@pytest.mark.parametrize("name", ILL)
def test_truth_and_answers_exchanged_are_found(watched, name, batch):
    (found,) = check_exchanged(watched(fit(*ILL[name], batch=batch)))
    assert (found.kind, found.severity) == ("wrong_metric", "warning")
    assert found.where.line.file == __file__
    assert found.evidence["score"] == ("precision_score" if name == "precision" else "r2_score")


@pytest.mark.parametrize("name", WELL)
def test_scores_in_their_order_are_left_in_peace(watched, name):
    assert not list(check_exchanged(watched(fit(*WELL[name]))))


def test_bad_arguments_raise_what_they_raise_without_a_doctor():
    with pytest.raises(ValueError) as alone:  # noqa: PT011 - it is compared below
        r2_score([1.0, 2.0], [1.0])
    with watching(Watcher()), pytest.raises(ValueError) as watched:  # noqa: PT011
        r2_score([1.0, 2.0], [1.0])
    assert str(watched.value) == str(alone.value)


def test_a_script_that_imports_scikit_learn_later_is_heard_and_the_doors_are_shut_again():
    script = """
import sys
from netwright.doctor.observe.scoring import Scoring
for name in [one for one in sys.modules if one.startswith("sklearn")]:
    del sys.modules[name]
before = list(sys.meta_path)
heard = []
scoring = Scoring(heard.append)
from sklearn.metrics import r2_score, f1_score
assert sys.meta_path == before
r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
f1_score([1, 0, 1], [1, 1, 1])
scoring.close()
r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
unused = Scoring(heard.append)
unused.close()
assert sys.meta_path == before
print([(one.name, one.truth.tolist(), one.said.tolist()) for one in heard])
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[('r2_score', [1.0, 2.0, 3.0], [1.0, 2.0, 2.0])]"
