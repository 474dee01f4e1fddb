"""The last activation: estimators have the right one, and a wrong one before signed targets is found."""

import pytest
import torch
from sklearn.datasets import load_diabetes, load_wine
from torch import nn
from torch.nn import functional as F

from netwright.doctor.checks.loss import check_output_range
from netwright.doctor.checks.wiring import check_input_connected
from netwright.tabular import MLPClassifier, MLPRegressor
from netwright.training import Training


def signed():
    X, y = load_diabetes(return_X_y=True)
    return torch.from_numpy(X).float() * 20, torch.from_numpy((y - y.mean()) / y.std()).float()[:, None]


def fit(*after):
    x, y = signed()

    def train():
        net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1), *after)
        optimizer = torch.optim.Adam(net.parameters(), 0.01)
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            F.mse_loss(net(x[rows]), y[rows]).backward()
            optimizer.step()

    return train


@pytest.mark.parametrize("last", [nn.ReLU(), nn.Sigmoid(), nn.Tanh()])
def test_a_relu_or_sigmoid_before_a_signed_target_is_found(watched, last):
    (found,) = check_output_range(watched(fit(last)))
    assert (found.kind, found.severity) == ("output_range", "error")
    assert found.evidence["share of targets outside"] > 0.1


def test_a_linear_end_is_well(watched):
    assert not list(check_output_range(watched(fit())))
    assert not list(check_output_range(watched(fit(nn.LeakyReLU()))))


class Line(nn.Module):
    """A line whose slope and intercept begin at zero, so that magnifying them changes nothing."""

    def __init__(self):
        super().__init__()
        self.slope, self.intercept = (nn.Parameter(torch.tensor(0.0)) for _ in range(2))

    def forward(self, x):
        return self.slope * x + self.intercept


def test_lone_weights_that_begin_at_zero_neither_bound_nor_cut_off(watched):
    x = torch.randn(64)

    def train():
        net = Line()
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        for _ in range(8):
            optimizer.zero_grad()
            F.mse_loss(net(x), 2 * x + 3).backward()
            optimizer.step()

    case = watched(train)
    assert not list(check_output_range(case))
    assert not list(check_input_connected(case))


def test_estimators_pick_the_head_of_their_task():
    quick = Training(epochs=1)
    X, y = load_diabetes(return_X_y=True)
    regressor = MLPRegressor(training=quick, random_state=0).fit(X, y - y.mean())
    *_, last = [part for part in regressor.network_.modules() if not list(part.children())]
    assert isinstance(last, nn.Linear)
    assert regressor.predict(X).min() < 0 < regressor.predict(X).max()
    X, y = load_wine(return_X_y=True)
    classifier = MLPClassifier(training=quick, random_state=0).fit(X, y)
    *_, last = [part for part in classifier.network_.modules() if not list(part.children())]
    assert (type(last), last.out_features) == (nn.Linear, 3)
    assert classifier.predict_proba(X).sum(1) == pytest.approx(1.0)
