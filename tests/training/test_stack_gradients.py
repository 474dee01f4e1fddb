"""Every combination of a stack's parts against autograd, in float64."""

import copy
import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.estimators.heads import BinaryHead, HeadObjective, SigmoidHead
from netwright.training import Batch, Supervised
from netwright.training.stack import Stack

ROWS, FEATURES, UNITS, OUTPUTS = 6, 4, 5, 3

ACTIVATIONS = {
    "ReLU": nn.ReLU(),
    "LeakyReLU": nn.LeakyReLU(0.2),
    "Tanh": nn.Tanh(),
    "Sigmoid": nn.Sigmoid(),
    "GELU": nn.GELU(),
    "GELU-tanh": nn.GELU("tanh"),
    "SiLU": nn.SiLU(),
    "ELU": nn.ELU(0.7),
    "SELU": nn.SELU(),
    "CELU": nn.CELU(2.0),
    "Softplus": nn.Softplus(beta=2.0, threshold=1.0),
    "Hardtanh": nn.Hardtanh(-0.5, 0.4),
    "ReLU6": nn.ReLU6(),
    "Hardsigmoid": nn.Hardsigmoid(),
    "Hardswish": nn.Hardswish(),
    "Mish": nn.Mish(),
    "Identity": nn.Identity(),
}
NORMS = {"none": None, "BatchNorm1d": nn.BatchNorm1d, "LayerNorm": nn.LayerNorm}
FORMS = {
    "BatchNorm1d-plain": lambda units: nn.BatchNorm1d(units, affine=False, momentum=None),
    "BatchNorm1d-untracked": lambda units: nn.BatchNorm1d(units, track_running_stats=False),
    "LayerNorm-plain": lambda units: nn.LayerNorm(units, elementwise_affine=False),
    "LayerNorm-no-bias": lambda units: nn.LayerNorm(units, bias=False),
}
DROPS = {"none": None, "Dropout": nn.Dropout, "AlphaDropout": nn.AlphaDropout}


class Absolute(nn.Module):
    """A loss without a closed form: autograd finds its gradient."""

    def forward(self, outputs, target):
        return (outputs - target).abs().pow(1.5)


def losses():
    draw = torch.Generator().manual_seed(3)
    numbers = torch.randn(ROWS, OUTPUTS, generator=draw, dtype=torch.float64)
    classes = torch.randint(OUTPUTS, (ROWS,), generator=draw)
    labels = (numbers > 0).double()
    return [
        (Supervised(nn.MSELoss()), numbers),
        (Supervised(nn.L1Loss()), numbers),
        (Supervised(nn.HuberLoss(delta=0.3)), numbers),
        (Supervised(nn.CrossEntropyLoss()), classes),
        (HeadObjective(SigmoidHead(OUTPUTS)), labels),
        (Supervised(Absolute()), numbers),
    ]


def layers(activation, norm, after, drop, bias, depth):
    width, built = FEATURES, [drop(0.2)] if drop else []
    for _ in range(depth):
        bend = [activation]
        if norm is not None:
            bend.insert(int(after), norm(UNITS))
        built += [nn.Linear(width, UNITS, bias=bias), *bend, *([drop(0.4)] if drop else [])]
        width = UNITS
    return [*built, nn.Linear(width, OUTPUTS, bias=bias)]


class Kept(nn.Module):
    """Dropout under a mask that was drawn elsewhere."""

    def __init__(self, step, alpha):
        super().__init__()
        self.keep, self.kept, self.alpha = step.mask != 0, step.coins.kept, alpha

    def forward(self, x):
        if not self.alpha:
            return x * self.keep / self.kept
        low, dropped = -1.7580993408473766, 1 - self.kept
        scale = (self.kept + low**2 * self.kept * dropped) ** -0.5
        return scale * torch.where(self.keep, x, torch.full_like(x, low)) - scale * dropped * low


def under_the_same_masks(network, stack):
    """Put the masks that the stack has just drawn in the place of dropout."""
    masks = iter(step for step in stack.steps if hasattr(step, "mask"))
    return nn.Sequential(
        *(
            Kept(next(masks), isinstance(layer, nn.AlphaDropout))
            if isinstance(layer, (nn.Dropout, nn.AlphaDropout))
            else layer
            for layer in network
        )
    )


def check(network, inputs):
    """Compare with autograd through the same network: outputs, statistics, and each loss's gradients."""
    before = [buffer.clone() for buffer in network.buffers()]
    stack = Stack.of(network)
    outputs = stack.forward(inputs)
    after = [buffer.clone() for buffer in network.buffers()]
    for buffer, value in zip(network.buffers(), before, strict=True):
        buffer.copy_(value)
    expected = under_the_same_masks(network, stack)(inputs)
    assert (outputs - expected).abs().max() < 1e-12
    assert all(
        (ours - theirs).abs().max() < 1e-12 for ours, theirs in zip(after, network.buffers(), strict=True)
    )
    for objective, target in losses():
        batch = Batch(inputs, target)
        loss, gradient = objective.outputs_gradient(outputs, batch)
        stack.backward(gradient)
        total = objective.outputs_loss(expected, batch)
        found = torch.autograd.grad(total, tuple(network.parameters()), retain_graph=True)
        assert abs(loss.item() - total.item()) < 1e-12
        assert (stack.flat.grad - torch.cat([part.flatten() for part in found])).abs().max() < 1e-10


def check_all(activation, norm, drops):
    torch.manual_seed(0)
    inputs = 2 * torch.randn(ROWS, FEATURES, dtype=torch.float64)
    places = (False, True) if norm else (False,)
    for after, drop, bias, depth in itertools.product(places, drops, (True, False), (1, 2, 3)):
        check(
            nn.Sequential(*layers(ACTIVATIONS[activation], norm, after, drop, bias, depth)).double(), inputs
        )


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_autograds_for_every_combination_of_parts(activation, norm):
    check_all(activation, NORMS[norm], (None, nn.Dropout))


@pytest.mark.parametrize("norm", FORMS)
@pytest.mark.parametrize("activation", ["ReLU", "GELU"])
def test_gradients_are_autograds_for_every_form_of_normalisation(activation, norm):
    check_all(activation, FORMS[norm], (None, nn.Dropout))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", ["SELU", "Tanh", "SiLU"])
def test_gradients_are_autograds_with_alpha_dropout(activation, norm):
    check_all(activation, NORMS[norm], (nn.AlphaDropout,))


@pytest.mark.parametrize("drop", DROPS)
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_are_autograds_without_a_hidden_layer(drop, bias):
    torch.manual_seed(0)
    parts = layers(None, None, False, DROPS[drop], bias, depth=0)
    check(nn.Sequential(*parts).double(), torch.randn(ROWS, FEATURES, dtype=torch.float64))


@pytest.mark.parametrize("last", [*ACTIVATIONS.values(), nn.Dropout(0.3), nn.AlphaDropout(0.3)], ids=repr)
def test_a_stack_may_begin_and_end_with_any_part_and_leaves_what_it_is_given_as_it_was(last):
    torch.manual_seed(0)
    first = copy.deepcopy(last)
    network = nn.Sequential(first, nn.BatchNorm1d(FEATURES), nn.Linear(FEATURES, OUTPUTS), last).double()
    inputs = torch.randn(ROWS, FEATURES, dtype=torch.float64)
    before = inputs.clone()
    check(network, inputs)
    assert torch.equal(inputs, before)
    stack, gradient = Stack.of(network), torch.ones(ROWS, OUTPUTS, dtype=torch.float64)
    stack.forward(inputs)
    stack.backward(gradient)
    assert (gradient == 1).all()


@pytest.mark.parametrize("first", list(ACTIVATIONS.values()), ids=repr)
def test_activations_may_follow_each_other_and_dropout_may_come_before_them(first):
    """What one step keeps for its backward pass, the next must not write over."""
    torch.manual_seed(0)
    inputs = torch.randn(ROWS, FEATURES, dtype=torch.float64)
    for second in ACTIVATIONS.values():
        parts = [nn.Linear(FEATURES, OUTPUTS), first, second, nn.Dropout(0.3), second, nn.Dropout(0.3)]
        check(nn.Sequential(*parts).double(), inputs)


def test_one_logit_takes_targets_without_an_axis_of_their_own():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(FEATURES, UNITS), nn.ReLU(), nn.Linear(UNITS, 1)).double()
    reference, stack = copy.deepcopy(network), Stack.of(network)
    batch = Batch(torch.randn(ROWS, FEATURES).double(), torch.arange(ROWS).double() % 2, torch.rand(ROWS))
    stack.backward(HeadObjective(BinaryHead()).outputs_gradient(stack.forward(batch.inputs), batch)[1])
    rows = F.binary_cross_entropy_with_logits(reference(batch.inputs)[:, 0], batch.target, reduction="none")
    (rows * batch.weight).mean().backward()
    for ours, theirs in zip(network.parameters(), reference.parameters(), strict=True):
        assert (ours.grad - theirs.grad).abs().max() < 1e-10
