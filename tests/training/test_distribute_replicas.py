import copy

import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import processes
from netwright.core.errors import InputError
from netwright.layers import synchronise_batch_norm
from netwright.training.distribute import World, average, average_gradients, part_factor, replicate, share_of


def network(seed):
    torch.manual_seed(seed)
    hidden = nn.Linear(6, 16, bias=False)
    return nn.Sequential(hidden, nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 1)).double()


def batches():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(1001, 6, generator=generator).double()
    y = x[:, :1].sin() + 0.1 * torch.randn(1001, 1, generator=generator).double()
    for _ in range(3):
        for rows in torch.randperm(1001, generator=generator).split(96):  # the last batch has 41 rows
            yield x, y, rows


def train(world):
    """The same batches with Adam: by all processes together, or by one alone."""
    model = network(seed=world.rank)  # replicate makes them the first one's
    synchronise_batch_norm(model)
    replicate(model, world)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for x, y, rows in batches():
        mine = share_of(rows, world)
        loss = nn.functional.mse_loss(model(x[mine]), y[mine])
        optimizer.zero_grad()
        (loss * part_factor(len(rows), world)).backward()
        average_gradients(model.parameters(), world)
        optimizer.step()
        losses.append(world.sums([loss.item() * len(mine)])[0] / len(rows))
    return {"state": model.state_dict(), "losses": losses}


def together(folder, world):
    return {
        "training": train(world),
        "like torch's": like_torchs(world),
        "absent": absent(world),
        "flat": flat(world),
        "buckets": buckets(world),
    }


def like_torchs(world):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    replicate(model, world)
    theirs = DistributedDataParallel(copy.deepcopy(model))
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(world.rank))
    theirs(x).square().mean().backward()
    model(x).square().mean().backward()
    average_gradients(model.parameters(), world)
    return [(p.grad, q.grad) for p, q in zip(model.parameters(), theirs.parameters(), strict=True)]


def absent(world):
    """A layer that one process alone uses, one that none uses, and one that is frozen."""
    layers = [nn.Linear(2, 1, bias=False) for _ in range(3)]
    layers[2].requires_grad_(False)
    if world.rank == 1:
        layers[0](torch.tensor([[2.0, 4.0]])).sum().backward()
    average_gradients([layer.weight for layer in layers], world)
    return [layer.weight.grad for layer in layers]


def flat(world):
    gradient = torch.tensor([1.0, 2.0]) * (world.rank + 1)
    average(gradient, world)
    return gradient


def buckets(world):
    """Parameters of two types, and more of them than travel at once."""
    from netwright.training.distribute import replicas

    replicas.BUCKET = 5
    shapes = [(2, 2), (3,), (7,), (1,)]
    parameters = [
        nn.Parameter(torch.zeros(shape, dtype=kind))
        for shape in shapes
        for kind in (torch.float32, torch.float64)
    ]
    for place, parameter in enumerate(parameters):
        parameter.grad = torch.full_like(parameter, float(place + world.rank))
    kept = [parameter.grad for parameter in parameters]
    average_gradients(parameters, world)
    return [(gradient, place + 0.5) for place, gradient in enumerate(kept)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return processes.run(__file__, "together", tmp_path_factory.mktemp("together"))


def test_two_processes_train_to_the_weights_and_losses_of_one_on_the_joint_batches(answers):
    alone = train(World())
    for answer in answers:
        torch.testing.assert_close(dict(answer["training"]["state"]), dict(alone["state"]), atol=1e-9, rtol=0)
        assert answer["training"]["losses"] == pytest.approx(alone["losses"], abs=1e-12)


def test_both_processes_hold_the_same_bits(answers):
    first, second = (answer["training"]["state"].values() for answer in answers)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_the_gradients_are_those_of_torchs_distributed_data_parallel(answers):
    for answer in answers:
        for ours, theirs in answer["like torch's"]:
            torch.testing.assert_close(ours, theirs, atol=1e-8, rtol=1e-6)


def test_who_took_no_part_counts_as_zero_and_a_layer_that_nobody_used_has_no_gradient(answers):
    for answer in answers:
        used, unused, frozen = answer["absent"]
        assert torch.equal(used, torch.tensor([[1.0, 2.0]]))
        assert unused is None
        assert frozen is None


def test_a_flat_gradient_is_averaged_in_one_message(answers):
    assert [answer["flat"].tolist() for answer in answers] == [[1.5, 3.0]] * 2


def test_gradients_of_several_types_and_many_messages_are_averaged_in_place(answers):
    for answer in answers:
        for gradient, mean in answer["buckets"]:
            assert gradient.unique().tolist() == [mean]


def test_alone_nothing_changes():
    layer = nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    before = layer.weight.grad.clone()
    average_gradients(layer.parameters(), World())
    average(layer.weight.grad, World())
    replicate(layer, World())
    assert torch.equal(layer.weight.grad, before)


def test_a_sparse_gradient_is_refused():
    table = nn.Embedding(3, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(InputError, match="gradients must be dense, got a sparse one"):
        average_gradients(table.parameters(), World(0, 2))


processes.main(globals())
