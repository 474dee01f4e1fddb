import copy
import io
import pickle

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.nets import MLP, TabularNetwork
from netwright.training import Batch, Supervised
from netwright.training.stack import Stack


def batches(n, rows, features=5, outputs=2, dtype=torch.float32):
    draw = torch.Generator().manual_seed(1)
    sizes = [rows] * (n - 1) + [rows // 3]  # the last batch is short
    return [
        Batch(*(torch.randn(size, width, generator=draw, dtype=dtype) for width in (features, outputs)))
        for size in sizes
    ]


def small(dtype=torch.float32):
    """Norm after the activation: before it, AdamW would amplify the noise that is the biases' gradient."""
    torch.manual_seed(0)
    return MLP(5, 2, hidden=(16, 8), norm=nn.BatchNorm1d, norm_after=True).to(dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_steps_in_a_row_are_those_of_adamw_on_each_parameter(dtype, tolerance):
    """Batches of 12 rows and a last one of 4, twice over; running statistics included."""
    plain, objective = small(dtype), Supervised(nn.MSELoss())
    network = copy.deepcopy(plain)
    stack = Stack.of(network)
    ours = torch.optim.AdamW([stack.flat], lr=1e-2, fused=True)
    theirs = torch.optim.AdamW(plain.parameters(), lr=1e-2, fused=True)
    for batch in batches(6, 12, dtype=dtype) * 2:
        stack.backward(objective.outputs_gradient(stack.forward(batch.inputs), batch)[1])
        ours.step()
        theirs.zero_grad()
        objective.loss(plain, batch).backward()
        theirs.step()
    for name, value in plain.state_dict().items():
        assert (network.state_dict()[name] - value).abs().max() <= tolerance, name
    assert network.layers[2].num_batches_tracked == 12


@pytest.mark.parametrize("momentum", [0.3, None])
def test_running_statistics_are_those_of_torchs_layer(momentum):
    network = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4, momentum=momentum), nn.Linear(4, 2)).double()
    plain = copy.deepcopy(network)
    stack = Stack.of(network)
    for batch in batches(5, 9, dtype=torch.float64):
        stack.forward(batch.inputs)
        plain.train()(batch.inputs)
    for ours, theirs in zip(network.buffers(), plain.buffers(), strict=True):
        assert (ours - theirs).abs().max() < 1e-12


def test_a_batch_in_pieces_adds_up_to_the_whole():
    torch.manual_seed(0)
    network = MLP(5, 2, hidden=(16,), norm=nn.LayerNorm).double()
    stack, objective = Stack.of(network), Supervised(nn.MSELoss())
    batch = batches(2, 12, dtype=torch.float64)[0]
    stack.backward(objective.outputs_gradient(stack.forward(batch.inputs), batch)[1])
    whole = stack.flat.grad.clone()
    for first, rows in ((0, 5), (5, 5), (10, 2)):
        part = Batch(*(tensor[first : first + rows] for tensor in batch[:2]))
        gradient = objective.outputs_gradient(stack.forward(part.inputs), part)[1]
        stack.backward(gradient * rows / 12, add=first > 0)
    assert (stack.flat.grad - whole).abs().max() < 1e-14


def test_parameters_and_their_gradients_are_views_of_one_vector_in_the_networks_order():
    network = small()
    before = nn.utils.parameters_to_vector(network.parameters()).detach().clone()
    kept = list(network.parameters())
    stack = Stack.of(network)
    assert torch.equal(stack.flat.detach(), before)
    assert all(ours is theirs for ours, theirs in zip(kept, network.parameters(), strict=True))
    with torch.no_grad():
        stack.flat.copy_(torch.arange(len(before)))
        stack.flat.grad.copy_(-torch.arange(len(before)))
    for vector in (
        [p.flatten() for p in network.parameters()],
        [-p.grad.flatten() for p in network.parameters()],
    ):
        assert torch.equal(torch.cat(vector), torch.arange(len(before), dtype=torch.float32))


def test_after_release_the_network_is_as_any_other():
    network = small()
    names = list(network.state_dict())
    stack = Stack.of(network)
    stack.forward(torch.ones(4, 5))
    stack.backward(torch.ones(4, 2))
    values = {name: value.clone() for name, value in network.state_dict().items()}
    stack.release()
    assert all(p.grad is None and p.is_leaf and p.requires_grad for p in network.parameters())
    pointers = {p.untyped_storage().data_ptr() for p in network.parameters()}
    assert len(pointers) == len(list(network.parameters()))
    assert all(p.untyped_storage().nbytes() == p.nbytes for p in network.parameters())
    again = pickle.loads(pickle.dumps(network))
    assert list(again.state_dict()) == names
    assert all(torch.equal(again.state_dict()[name], value) for name, value in values.items())
    one = io.BytesIO()
    torch.save(network.layers[0].bias, one)
    assert one.getbuffer().nbytes < 4000  # the bias alone, not the vector of all parameters
    with torch.no_grad():
        stack.flat.zero_()
    assert network.layers[0].weight.any()


def test_a_copy_made_in_the_middle_is_a_network_of_its_own():
    network = small()
    stack = Stack.of(network)
    copied = copy.deepcopy(network)
    with torch.no_grad():
        stack.flat.zero_()
    assert copied.layers[0].weight.any()
    assert copied.layers[0].weight.untyped_storage().nbytes() == copied.layers[0].weight.nbytes


def test_a_loaded_state_is_what_the_stack_computes_with():
    network, other = small(), small()
    stack = Stack.of(network)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(2)
    network.load_state_dict(other.state_dict())
    x = torch.randn(6, 5)
    assert (stack.forward(x) - other.train()(x)).abs().max() < 1e-6


def test_fewer_rows_use_the_buffers_of_more():
    stack = Stack.of(MLP(5, 2, hidden=(16,)))
    whole = stack.forward(torch.ones(9, 5))
    assert stack.forward(torch.ones(4, 5)).data_ptr() == whole.data_ptr()
    assert stack.forward(torch.ones(9, 5)).data_ptr() == whole.data_ptr()
    assert stack.forward(torch.ones(10, 5)).shape == (10, 2)


def test_any_number_of_sizes_is_served():
    """More sizes than steps are kept for: the oldest are made again."""
    network = MLP(5, 2, hidden=(4,))
    stack = Stack.of(network)
    for rows in [*range(1, 41), *range(1, 41)]:
        x = torch.randn(rows, 5)
        assert (stack.forward(x) - network(x)).abs().max() < 1e-6


def test_rows_that_are_no_vectors_are_flattened():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3), nn.Identity(), nn.Flatten())
    stack, x = Stack.of(network), torch.randn(5, 3, 4)
    assert stack.takes(x)
    assert (stack.forward(x) - network(x)).abs().max() < 1e-6


def test_no_gradient_of_the_inputs_is_computed():
    stack = Stack.of(nn.Sequential(nn.Dropout(0.1), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)))
    stack.backward(torch.ones_like(stack.forward(torch.ones(3, 5))))
    assert stack.steps[1].below is None
    assert stack.steps[3].below.shape == (3, 4)


def test_inputs_of_another_kind_are_not_taken():
    stack = Stack.of(nn.Sequential(nn.ReLU(), nn.Linear(3, 2)))
    assert stack.takes(torch.zeros(4, 3))
    others = [
        torch.zeros(4, 2),
        torch.zeros(3),
        torch.zeros(4, 1, 3),
        torch.zeros(4, 3).double(),
        (1, 2),
        None,
    ]
    assert not any(stack.takes(other) for other in [*others, torch.zeros(4, 3, requires_grad=True)])


def test_a_single_row_never_meets_batch_normalisation():
    stack = Stack.of(small())
    with pytest.raises(InputError, match="must have 2 rows or more, got 1"):
        stack.forward(torch.zeros(1, 5))


def test_the_modules_that_say_what_they_are_made_of_are_asked():
    assert Stack.of(MLP(4, 2, dropout=0.1, input_dropout=0.2, activation=nn.SELU)) is not None
    network = TabularNetwork(4, [], 2, norm_numbers=True, norm=nn.LayerNorm, hidden=(6,))
    plain, stack, x = copy.deepcopy(network), Stack.of(network), torch.randn(8, 4)
    outputs = stack.forward(x)
    stack.backward(torch.ones_like(outputs))
    plain(x).sum().backward()
    for ours, theirs in zip(network.parameters(), plain.parameters(), strict=True):
        assert (ours.grad - theirs.grad).abs().max() < 1e-5
