"""The head with variances, and the gradients of ensembles in closed form."""

import pytest
import torch

from netwright.estimators.gaussian_head import GaussianHead
from netwright.estimators.heads import BinaryHead, HeadObjective, RegressionHead, SoftmaxHead
from netwright.training import Batch
from netwright.training.objective import OutputObjective

CASES = {
    "gaussian": (GaussianHead((0.0, 1.0), (1.0, 2.0)), 4, torch.randn(6, 2)),
    "numbers": (RegressionHead((0.0,), (1.0,)), 1, torch.randn(6, 1)),
    "classes": (SoftmaxHead(3), 3, torch.tensor([0, 1, 2, 2, 1, 0])),
    "two classes": (BinaryHead(), 1, torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("members", [None, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_closed_gradients_are_autograds_with_members_and_without(name, members, weighted):
    head, n_outputs, target = CASES[name]
    shape = (6, n_outputs) if members is None else (6, members, n_outputs)
    outputs = 2 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    batch = Batch(outputs, target, torch.linspace(0.5, 1.5, 6) if weighted else None)
    objective = HeadObjective(head)
    assert head.gradient(outputs.reshape(-1, n_outputs)[:6], target, None) is not None
    loss, gradient = objective.outputs_gradient(outputs, batch)
    by_autograd = OutputObjective.outputs_gradient(objective, outputs, batch)
    torch.testing.assert_close(loss, by_autograd[0])
    torch.testing.assert_close(gradient, by_autograd[1])


def test_variances_that_are_cut_have_no_gradient():
    head, outputs = GaussianHead((0.0,), (1.0,)), torch.tensor([[0.5, 30.0], [0.5, -30.0]])
    batch = Batch(outputs, torch.zeros(2, 1))
    _, gradient = HeadObjective(head).outputs_gradient(outputs, batch)
    assert not gradient[:, 1].any()
