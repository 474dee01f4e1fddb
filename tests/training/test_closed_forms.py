import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.estimators.heads import BinaryHead, HeadObjective, RegressionHead, SigmoidHead, SoftmaxHead
from netwright.estimators.joint_head import JointHead
from netwright.training import Batch, Objective, Supervised
from netwright.training.closed_forms import closed_form
from netwright.training.objective import OutputObjective

ROWS = 7


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


CLASSES = torch.arange(ROWS) % 3
SHARES = normal(ROWS, 3, seed=1).softmax(1)
NUMBERS = normal(ROWS, 3, seed=2)
LABELS = (NUMBERS > 0).double()

CLOSED = {
    "MSELoss": (Supervised(nn.MSELoss()), 3, NUMBERS),
    "L1Loss": (Supervised(nn.L1Loss(reduction="sum")), 3, NUMBERS),
    "HuberLoss": (Supervised(nn.HuberLoss(delta=0.4)), 3, NUMBERS),
    "CrossEntropyLoss": (Supervised(nn.CrossEntropyLoss()), 3, CLASSES),
    "CrossEntropyLoss, some left out": (
        Supervised(nn.CrossEntropyLoss()),
        3,
        CLASSES.where(CLASSES > 0, -100),
    ),
    "CrossEntropyLoss, shares": (Supervised(nn.CrossEntropyLoss()), 3, 2 * SHARES),
    "BCEWithLogitsLoss": (Supervised(nn.BCEWithLogitsLoss()), 3, SHARES),
    "BinaryHead": (HeadObjective(BinaryHead()), 1, LABELS[:, 0]),
    "BinaryHead, shares": (HeadObjective(BinaryHead()), 1, SHARES[:, 0]),
    "SoftmaxHead": (HeadObjective(SoftmaxHead(3)), 3, CLASSES),
    "SoftmaxHead, shares": (HeadObjective(SoftmaxHead(3)), 3, SHARES),
    "SigmoidHead": (HeadObjective(SigmoidHead(3)), 3, LABELS),
    "RegressionHead": (HeadObjective(RegressionHead((0.0,) * 3, (1.0,) * 3)), 3, NUMBERS),
    "RegressionHead, Huber": (HeadObjective(RegressionHead((0.0,) * 3, (1.0,) * 3, delta=0.5)), 3, NUMBERS),
}
JOINT = JointHead((BinaryHead(), SoftmaxHead(3)), weights=(1.0, 0.5))
BY_AUTOGRAD = {
    "a function": (Supervised(F.mse_loss), 3, NUMBERS),
    "SmoothL1Loss": (Supervised(nn.SmoothL1Loss()), 3, NUMBERS),
    "smoothed labels": (Supervised(nn.CrossEntropyLoss(label_smoothing=0.2)), 3, CLASSES),
    "weighted classes": (Supervised(nn.CrossEntropyLoss(torch.arange(3.0).double())), 3, CLASSES),
    "a class left out": (Supervised(nn.CrossEntropyLoss(ignore_index=1)), 3, CLASSES),
    "weighted positives": (Supervised(nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))), 3, LABELS),
    "targets of another type": (Supervised(nn.MSELoss()), 3, NUMBERS.float()),
    "JointHead": (HeadObjective(JOINT), 4, torch.stack([LABELS[:, 0], CLASSES.double()], dim=1)),
}


def autograd(objective, outputs, batch):
    leaf = outputs.clone().requires_grad_()
    loss = objective.loss(nn.Identity(), Batch(leaf, batch.target, batch.weight))
    return loss.detach(), torch.autograd.grad(loss, leaf)[0]


@pytest.mark.parametrize("weight", [None, torch.arange(ROWS) / 3.0], ids=["", "weighted"])
@pytest.mark.parametrize("scale", [1, 60])
@pytest.mark.parametrize("name", CLOSED)
def test_loss_and_gradient_are_autograds(name, scale, weight, monkeypatch):
    objective, width, target = CLOSED[name]
    batch = Batch(scale * normal(ROWS, width, seed=4), target, weight)
    before = batch.inputs.clone()
    expected = autograd(objective, batch.inputs, batch)
    monkeypatch.setattr(OutputObjective, "outputs_gradient", None)  # the closed form, not autograd again
    loss, gradient = objective.outputs_gradient(batch.inputs, batch)
    assert (loss - expected[0]).abs() <= 1e-12 * scale
    assert gradient.shape == batch.inputs.shape
    assert (gradient - expected[1]).abs().max() <= 1e-12
    assert torch.equal(batch.inputs, before)


@pytest.mark.parametrize("name", BY_AUTOGRAD)
def test_where_there_is_no_closed_form_autograd_gives_the_gradient(name):
    objective, width, target = BY_AUTOGRAD[name]
    batch = Batch(normal(ROWS, width, seed=4), target)
    with torch.no_grad():
        loss, gradient = objective.outputs_gradient(batch.inputs, batch)
    expected = autograd(objective, batch.inputs, batch)
    assert loss == expected[0]
    assert torch.equal(gradient, expected[1])
    assert not batch.inputs.requires_grad


def test_members_of_an_ensemble_are_left_to_autograd():
    batch = Batch(normal(ROWS, 4, 3), CLASSES)
    objective = HeadObjective(SoftmaxHead(3))
    assert torch.equal(
        objective.outputs_gradient(batch.inputs, batch)[1], autograd(objective, *[batch.inputs, batch])[1]
    )


def test_a_loss_of_ones_own_kind_has_no_closed_form():
    class Own(nn.MSELoss):
        def forward(self, outputs, target):
            return 2 * super().forward(outputs, target)

    assert closed_form(Own()) is None
    assert closed_form(lambda outputs, target: outputs) is None


class Once(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x


@pytest.mark.parametrize("shape", [(ROWS, 3), (ROWS, 4, 3)])
@pytest.mark.parametrize("training", [True, False])
def test_judging_gives_loss_and_prediction_from_one_pass(shape, training):
    objectives = [HeadObjective(SoftmaxHead(3)), Supervised(nn.MSELoss(), predict=torch.sigmoid)]
    for objective, target in zip(objectives, (CLASSES, normal(*shape, seed=5)), strict=True):
        network, batch = Once().train(training), Batch(normal(*shape), target)
        loss, prediction = objective.judge(network, batch)
        assert network.calls == 1
        assert loss == objective.loss(network, batch)
        assert torch.equal(prediction, objective.predict(network, batch))


def test_an_objective_of_ones_own_is_judged_by_its_own_loss_and_prediction():
    class Largest(Objective):
        def loss(self, network, batch):
            return network(batch.inputs).max()

    batch = Batch(NUMBERS, NUMBERS)
    loss, prediction = Largest().judge(nn.Identity(), batch)
    assert loss == NUMBERS.max()
    assert prediction is NUMBERS
