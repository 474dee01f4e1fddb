import copy

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.layers import CategoryEmbeddings, ColumnsSideBySide
from netwright.nets import MLP, TabularNetwork
from netwright.training import Batch, Supervised
from netwright.training.stack import Stack

LEVELS, SIZES, N_NUMBERS = (5, 3, 40), (3, 2, 6), 4


def rows(n_rows=30, n_numbers=N_NUMBERS, dtype=torch.float64, seed=0):
    draw = torch.Generator().manual_seed(seed)
    codes = [torch.randint(k, (n_rows, 1), generator=draw).to(dtype) for k in LEVELS]
    return torch.cat([torch.randn(n_rows, n_numbers, generator=draw, dtype=dtype), *codes], dim=1)


def check(network, x):
    """Gradients, outputs and statistics against autograd through a copy, for two batches added up."""
    reference = copy.deepcopy(network).train()
    stack, objective = Stack.of(network), Supervised(nn.MSELoss())
    for add, part in ((False, x), (True, x[:7])):
        batch = Batch(part, torch.ones(len(part), 2, dtype=x.dtype))
        outputs = stack.forward(part)
        expected = reference(part)
        assert (outputs - expected).abs().max() < 1e-12
        stack.backward(objective.outputs_gradient(outputs, batch)[1], add=add)
        objective.outputs_loss(expected, batch).backward()
    for ours, theirs in zip(network.parameters(), reference.parameters(), strict=True):
        assert (ours.grad - theirs.grad).abs().max() < 1e-10
    for ours, theirs in zip(network.buffers(), reference.buffers(), strict=True):
        assert (ours - theirs).abs().max() < 1e-12


@pytest.mark.parametrize("norm", [None, nn.BatchNorm1d, nn.LayerNorm])
@pytest.mark.parametrize("norm_numbers", [True, False])
@pytest.mark.parametrize("n_numbers", [N_NUMBERS, 0])
@pytest.mark.parametrize("hidden", [(), (6,), (6, 5)])
def test_gradients_of_a_tabular_network_are_autograds(norm, norm_numbers, n_numbers, hidden):
    torch.manual_seed(0)
    categories = list(zip(LEVELS, SIZES, strict=True))
    network = TabularNetwork(n_numbers, categories, 2, hidden, nn.Tanh, norm=norm, norm_numbers=norm_numbers)
    check(network.double(), rows(n_numbers=n_numbers))


def test_levels_that_were_shrunk_learn_by_their_share():
    torch.manual_seed(0)
    counts = [torch.arange(k) * 3 for k in LEVELS]
    front = ColumnsSideBySide(CategoryEmbeddings(LEVELS, SIZES, counts, 10.0), N_NUMBERS, nn.Identity())
    check(nn.Sequential(front, MLP(sum(SIZES) + N_NUMBERS, 2, hidden=(6,))).double(), rows())


def test_dropout_of_the_vectors_leaves_the_numbers_alone():
    torch.manual_seed(0)
    categories = CategoryEmbeddings(LEVELS, SIZES, dropout=0.4)
    front = ColumnsSideBySide(categories, N_NUMBERS, nn.Identity())
    network, x = nn.Sequential(front, nn.Linear(sum(SIZES) + N_NUMBERS, 2)).double(), rows()
    stack = Stack.of(network)
    outputs = stack.forward(x)
    drop = stack.steps[0].dropout
    mask = torch.cat([drop.mask, torch.ones(len(x), N_NUMBERS, dtype=x.dtype)], dim=1)
    assert (mask == 0).any()
    copied = copy.deepcopy(network)
    expected = copied[1](copied[0].eval()(x) * mask)
    assert (outputs - expected).abs().max() < 1e-12
    stack.backward(torch.ones_like(outputs))
    expected.sum().backward()
    for ours, theirs in zip(network.parameters(), copied.parameters(), strict=True):
        assert (ours.grad - theirs.grad).abs().max() < 1e-10


def test_steps_of_adamw_are_those_of_the_plain_network():
    torch.manual_seed(0)
    plain = TabularNetwork(N_NUMBERS, list(zip(LEVELS, SIZES, strict=True)), 2, (8,), norm_numbers=True)
    network, objective = copy.deepcopy(plain), Supervised(nn.MSELoss())
    stack = Stack.of(network)
    ours = torch.optim.AdamW([stack.flat], lr=1e-2, fused=True)
    theirs = torch.optim.AdamW(plain.parameters(), lr=1e-2, fused=True)
    for seed in range(8):
        x = rows(20 if seed % 4 < 3 else 6, dtype=torch.float32, seed=seed)
        batch = Batch(x, x[:, :2])
        stack.backward(objective.outputs_gradient(stack.forward(x), batch)[1])
        ours.step()
        theirs.zero_grad()
        objective.loss(plain, batch).backward()
        theirs.step()
    for name, value in plain.state_dict().items():
        assert (network.state_dict()[name] - value).abs().max() <= 1e-6, name


@pytest.mark.parametrize("code", [-1.0, 3.0, float("nan")])
def test_a_code_beyond_the_levels_of_its_column_is_refused(code):
    """Not looked up in the next column's table."""
    torch.manual_seed(0)
    stack = Stack.of(TabularNetwork(N_NUMBERS, list(zip(LEVELS, SIZES, strict=True)), 2))
    x = rows(dtype=torch.float32)
    stack.forward(x)
    x[3, N_NUMBERS + 1] = code
    with pytest.raises(InputError, match="codes must go from 0"):
        stack.forward(x)


def front(categories, norm=None):
    return nn.Sequential(ColumnsSideBySide(categories, 2, norm or nn.Identity()), nn.Linear(4, 2))


def changed(**settings):
    categories = CategoryEmbeddings([5], [2])
    for name, value in settings.items():
        setattr(categories.tables[0], name, value)
    return categories


REFUSED = {
    "a level that stays": lambda: front(changed(padding_idx=0)),
    "vectors cut to a norm": lambda: front(changed(max_norm=1.0)),
    "sparse gradients": lambda: front(changed(sparse=True)),
    "gradients by frequency": lambda: front(changed(scale_grad_by_freq=True)),
    "another norm": lambda: front(CategoryEmbeddings([5], [2]), nn.LayerNorm(2)),
    "codes from a layer": lambda: nn.Sequential(nn.Linear(3, 3), *front(CategoryEmbeddings([5], [2]))),
}


@pytest.mark.parametrize("why", REFUSED)
def test_it_is_no_stack_because_of(why):
    assert Stack.of(front(changed())) is not None
    assert Stack.of(REFUSED[why]()) is None
