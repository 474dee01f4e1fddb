import copy

import pytest
import torch
from torch import nn

import processes
from netwright.contracts import check_layer
from netwright.layers import SynchronisedBatchNorm, desynchronise, synchronise_batch_norm
from netwright.training.distribute import average_gradients, share_of

KINDS = {
    "rows": (nn.BatchNorm1d, (41, 5), {}),
    "one row each": (nn.BatchNorm1d, (2, 5), {}),
    "series": (nn.BatchNorm1d, (7, 5, 6), {"momentum": None}),
    "images": (nn.BatchNorm2d, (5, 5, 8, 6), {}),
    "volumes": (nn.BatchNorm3d, (3, 5, 2, 3, 4), {"affine": False}),
    "no running statistics": (nn.BatchNorm2d, (3, 5, 2, 2), {"track_running_stats": False}),
}


def several(folder, world):
    """Two training steps of each kind, by the layer on parts of the batch and by torch's on the whole."""
    return {
        (name, str(dtype)): steps(*KINDS[name], dtype=dtype, world=world)
        for name in KINDS
        for dtype in (torch.float32, torch.float64)
    }


def steps(kind, shape, settings, *, dtype, world):
    torch.manual_seed(0)
    whole = kind(5, **settings).to(dtype)
    for parameter in whole.parameters():
        nn.init.normal_(parameter)
    part = copy.deepcopy(whole)
    synchronise_batch_norm(part)
    pairs = []
    for _ in range(2):
        x, gradient = 3 * torch.randn(shape, dtype=dtype) + 10, torch.randn(shape, dtype=dtype)
        mine = share_of(x, world).clone().requires_grad_()
        x.requires_grad_()
        outputs = whole(x), part(mine)
        outputs[0].backward(gradient)
        outputs[1].backward(share_of(gradient, world))
        average_gradients(part.parameters(), world)
        pairs += [(outputs[0], world.gather(outputs[1])), (x.grad, world.gather(mine.grad))]
        pairs += [
            (p.grad, q.grad * world.size) for p, q in zip(whole.parameters(), part.parameters(), strict=True)
        ]
        pairs += list(zip(whole.buffers(), part.buffers(), strict=True))
        pairs = [(ours.detach().clone(), theirs.detach().clone()) for ours, theirs in pairs]
        whole.zero_grad(), part.zero_grad()
    part.eval(), whole.eval()
    if settings.get("track_running_stats", True):
        pairs.append((whole(x).detach(), part(x).detach()))
    return pairs


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    first, second = processes.run(__file__, "several", tmp_path_factory.mktemp("several"))
    assert first.keys() == second.keys()
    return first


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_on_two_processes_it_is_torchs_layer_on_the_joint_batch(pairs, name, dtype, tolerance):
    for whole, parts in pairs[name, str(dtype)]:
        scale = max(1.0, whole.abs().max().item())
        torch.testing.assert_close(parts, whole, atol=tolerance * scale, rtol=0)


def test_it_keeps_the_layer_contract():
    check_layer(SynchronisedBatchNorm(3), torch.randn(6, 3, 4), shape=(6, 3, 4), rows_independent=False)


def test_alone_it_is_torchs_layer():
    theirs, ours = nn.BatchNorm2d(3), SynchronisedBatchNorm(3)
    x = torch.randn(4, 3, 2, 2)
    assert torch.equal(ours(x), theirs(x))
    assert all(
        torch.equal(a, b)
        for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    )


def test_layers_are_turned_in_place_and_back_without_touching_their_state():
    network = nn.Sequential(
        nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(3, affine=False))
    )
    heard = []
    network[1].register_forward_hook(lambda *_: heard.append("hook"))
    layers, state = list(network.modules()), copy.deepcopy(network.state_dict())
    assert synchronise_batch_norm(network) == 2
    assert [type(layer) for layer in (network[1], network[2][0])] == [SynchronisedBatchNorm] * 2
    assert all(ours is theirs for ours, theirs in zip(network.modules(), layers, strict=True))
    torch.testing.assert_close(dict(network.state_dict()), dict(state), atol=0, rtol=0)
    network(torch.zeros(2, 1, 4, 4))
    assert heard == ["hook"]
    desynchronise(network)
    assert [type(layer) for layer in (network[1], network[2][0])] == [nn.BatchNorm2d] * 2


def test_a_layer_that_was_made_synchronised_stays_so():
    network = nn.Sequential(SynchronisedBatchNorm(3))
    desynchronise(network)
    assert type(network[0]) is SynchronisedBatchNorm


def test_layers_derived_from_batch_normalisation_are_left_alone():
    class Own(nn.BatchNorm1d):
        pass

    network = nn.Sequential(Own(3))
    assert synchronise_batch_norm(network) == 0


def test_an_input_without_channels_is_refused():
    with pytest.raises(ValueError, match="got 1 axes"):
        SynchronisedBatchNorm(3)._check_input_dim(torch.zeros(3))


processes.main(globals())
