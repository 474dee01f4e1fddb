import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import log_loss
from torch import nn

from netwright.estimators.heads import (
    BinaryHead,
    HeadObjective,
    RegressionHead,
    SigmoidHead,
    SoftmaxHead,
    joined,
)
from netwright.estimators.joint_head import JointHead
from netwright.training import Batch


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_members_of_two_classes_become_the_logit_of_their_mean_probability():
    outputs = 3 * normal(5, 4, 1)
    probability = outputs.sigmoid().mean(1)
    torch.testing.assert_close(BinaryHead().combine(outputs), (probability / (1 - probability)).log())
    torch.testing.assert_close(SigmoidHead(1).combine(outputs), (probability / (1 - probability)).log())


def test_members_of_several_classes_become_the_logarithm_of_their_mean_probabilities():
    outputs = 3 * normal(5, 4, 3)
    head = SoftmaxHead(3)
    torch.testing.assert_close(head.combine(outputs), outputs.softmax(2).mean(1).log())
    torch.testing.assert_close(head.activate(head.combine(outputs)), outputs.softmax(2).mean(1))


def test_members_that_are_sure_beyond_rounding_are_still_joined_to_a_finite_logit():
    """1 - sigmoid(200) is zero in floating point; the logarithms know better."""
    outputs = torch.tensor([[[200.0], [198.0]]], dtype=torch.float64)
    expected = math.log(2) - math.log(math.exp(-200) + math.exp(-198))
    assert BinaryHead().combine(outputs).item() == pytest.approx(expected)


def test_members_of_numbers_become_their_mean():
    outputs = normal(5, 4, 2)
    torch.testing.assert_close(RegressionHead((0.0, 0.0), (1.0, 1.0)).combine(outputs), outputs.mean(1))


@pytest.mark.parametrize(
    "head", [BinaryHead(), SigmoidHead(3), SoftmaxHead(3), RegressionHead((0.0,), (1.0,))]
)
def test_one_member_or_equal_members_are_the_network_itself(head):
    outputs = normal(6, head.n_outputs)
    same = joined(head, outputs[:, None].expand(6, 4, head.n_outputs))
    torch.testing.assert_close(head.activate(same), head.activate(outputs))
    assert joined(head, outputs) is outputs


def test_losses_are_scikit_learns_log_loss():
    outputs, target = normal(50, 3), torch.arange(50) % 3
    probability = SoftmaxHead(3).activate(outputs)
    assert SoftmaxHead(3).loss(outputs, target).mean().item() == pytest.approx(log_loss(target, probability))
    two = (target == 1).double()
    probability = BinaryHead().activate(outputs[:, :1])
    assert BinaryHead().loss(outputs[:, :1], two).mean().item() == pytest.approx(log_loss(two, probability))


def test_soft_targets_weigh_the_losses_of_the_hard_ones():
    outputs, soft = normal(20, 3), normal(20, 3, seed=1).softmax(1)
    hard = torch.stack([SoftmaxHead(3).loss(outputs, torch.full((20,), c)) for c in range(3)], dim=1)
    torch.testing.assert_close(SoftmaxHead(3).loss(outputs, soft), (soft * hard).sum(1))


def test_the_loss_of_several_labels_is_the_mean_of_each_labels_own():
    outputs, target = normal(20, 3), (normal(20, 3, seed=1) > 0).double()
    each = [BinaryHead().loss(outputs[:, [label]], target[:, label]) for label in range(3)]
    torch.testing.assert_close(SigmoidHead(3).loss(outputs, target), torch.stack(each).mean(0))


def test_targets_of_numbers_are_standardised_and_given_back():
    target = normal(200, 2) * torch.tensor([3.0, 1e-9]) + torch.tensor([1e6, 0.0])
    head = RegressionHead.of(target)
    encoded = head.encode(target)
    assert encoded.dtype == torch.float32
    np.testing.assert_allclose(encoded.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(encoded.std(0, correction=0), 1, atol=1e-5)
    torch.testing.assert_close(head.activate(encoded.double()), target, rtol=1e-6, atol=1e-6)


def test_a_constant_target_is_divided_by_one():
    head = RegressionHead.of(torch.full((5, 1), 0.1, dtype=torch.float64))
    assert head.scales == (1.0,)
    assert head.encode(torch.full((5, 1), 0.1, dtype=torch.float64)).abs().max().item() < 1e-12


def test_hubers_loss_is_quadratic_inside_delta_and_linear_outside():
    head, error = RegressionHead((0.0,), (1.0,), delta=2.0), torch.tensor([[0.5], [-2.0], [7.0]])
    by_hand = torch.tensor([0.5 * 0.25, 0.5 * 4, 2 * (7 - 1)])
    torch.testing.assert_close(head.loss(error, torch.zeros(3, 1)), by_hand)
    wide = RegressionHead((0.0,), (1.0,), delta=1e6)
    square = RegressionHead((0.0,), (1.0,))
    torch.testing.assert_close(2 * wide.loss(error, torch.zeros(3, 1)), square.loss(error, torch.zeros(3, 1)))


class Members(nn.Module):
    """Answers what it is given, whatever the input."""

    def __init__(self, outputs):
        super().__init__()
        self.outputs = nn.Parameter(outputs)

    def forward(self, x):
        return self.outputs


def test_the_loss_of_an_ensemble_in_training_is_the_mean_of_its_members_losses():
    outputs, target = normal(6, 4, 3), torch.arange(6) % 3
    found = HeadObjective(SoftmaxHead(3)).loss(Members(outputs).train(), Batch(None, target))
    each = [F.cross_entropy(outputs[:, member], target) for member in range(4)]
    torch.testing.assert_close(found, torch.stack(each).mean(), check_dtype=False)
    of_the_mean = SoftmaxHead(3).loss(joined(SoftmaxHead(3), outputs), target).mean()
    assert found > of_the_mean + 0.01  # Jensen: averaging first would be another, smaller loss


def test_validation_judges_the_joined_prediction():
    outputs, target = normal(6, 4, 3), torch.arange(6) % 3
    found = HeadObjective(SoftmaxHead(3)).loss(Members(outputs).eval(), Batch(None, target))
    torch.testing.assert_close(found, SoftmaxHead(3).loss(joined(SoftmaxHead(3), outputs), target).mean())


@pytest.mark.parametrize("shape", [(6, 1), (6, 4, 1)])
def test_row_weights_multiply_the_losses_of_rows(shape):
    outputs, target, weight = normal(*shape), torch.ones(6, dtype=torch.float64), torch.arange(6.0)
    objective = HeadObjective(BinaryHead())
    rows = [objective.loss(Members(outputs[[r]]), Batch(None, target[[r]])) for r in range(6)]
    found = objective.loss(Members(outputs), Batch(None, target, weight))
    torch.testing.assert_close(found, (torch.stack(rows) * weight).mean())


JOINT = JointHead((BinaryHead(), SoftmaxHead(3), RegressionHead((5.0,), (2.0,))), weights=(1.0, 0.5, 3.0))


def joint_target():
    return torch.stack([torch.arange(9) % 2, torch.arange(9) % 3, torch.arange(9) ** 2], dim=1).double()


def test_the_total_loss_is_the_weighted_sum_of_the_heads_losses():
    outputs, target = normal(9, 5), JOINT.encode(joint_target()).double()
    binary, softmax, regression = JOINT.heads
    by_hand = (
        1.0 * binary.loss(outputs[:, :1], target[:, 0])
        + 0.5 * softmax.loss(outputs[:, 1:4], target[:, 1].long())
        + 3.0 * regression.loss(outputs[:, 4:], target[:, 2:])
    )
    torch.testing.assert_close(JOINT.loss(outputs, target), by_hand)
    torch.testing.assert_close(
        JOINT.loss(outputs, target), JOINT.losses(outputs, target) @ torch.tensor([1, 0.5, 3]).double()
    )


def test_each_head_moves_only_its_own_outputs_by_its_weight():
    outputs = normal(9, 5).requires_grad_()
    silent = JointHead(JOINT.heads, weights=(0.0, 1.0, 0.0))
    silent.loss(outputs, silent.encode(joint_target()).double()).sum().backward()
    assert outputs.grad[:, 1:4].any()
    assert not outputs.grad[:, [0, 4]].any()


def test_a_joint_head_standardises_numbers_and_keeps_class_numbers():
    encoded = JOINT.encode(joint_target())
    assert torch.equal(encoded[:, :2], joint_target()[:, :2].float())
    torch.testing.assert_close(encoded[:, 2], ((joint_target()[:, 2] - 5) / 2).float())


def test_a_joint_head_joins_members_and_activates_as_its_parts_do():
    outputs = normal(9, 4, 5)
    binary, softmax, regression = JOINT.heads
    parts = outputs.split([1, 3, 1], dim=2)
    together = joined(JOINT, outputs)
    each = [head.combine(part) for head, part in zip(JOINT.heads, parts, strict=True)]
    torch.testing.assert_close(together, torch.cat(each, dim=1))
    expected = [binary.activate(each[0])[:, None], softmax.activate(each[1]), regression.activate(each[2])]
    torch.testing.assert_close(JOINT.activate(together), torch.cat(expected, dim=1))
