"""What any layer of a network gives for many rows."""

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.training import UpTo, predict_layer


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(12, 5)
    )


@pytest.mark.parametrize("layer", ["0", "1", "2", "3", "4", ""])
def test_a_layer_s_answers_are_those_that_a_forward_hook_sees(network, layer):
    rows, seen = torch.randn(7, 1, 4, 4), []
    hook = network.get_submodule(layer).register_forward_hook(
        lambda _, __, out: seen.append(out.detach().clone())
    )
    network.eval()(rows)
    hook.remove()
    network.train()
    before = network[1].running_mean.clone()
    torch.testing.assert_close(predict_layer(network, rows, layer, batch_size=3), seen[0], atol=1e-6, rtol=0)
    assert network.training
    assert torch.equal(before, network[1].running_mean)
    assert not any(module._forward_hooks for module in network.modules())


def test_without_a_layer_the_head_is_cut_off_and_nothing_behind_the_layer_is_computed(network):
    rows = torch.randn(2, 1, 4, 4)
    network.eval()
    torch.testing.assert_close(predict_layer(network, rows), network[:4](rows).detach())
    network[4].register_forward_pre_hook(lambda *_: pytest.fail("the head was computed"))
    predict_layer(network, rows, "3")


def test_what_cannot_be_asked_is_refused(network):
    rows = torch.randn(2, 1, 4, 4)
    with pytest.raises(InputError, match="must be a name of the network"):
        predict_layer(network, rows, "9")
    with pytest.raises(InputError, match="a linear layer as its head"):
        predict_layer(nn.ReLU(), rows)
    with pytest.raises(InputError, match="must be a part of the network"):
        predict_layer(network, rows, nn.ReLU())
    network.unused = nn.ReLU()
    forward = nn.Sequential(*list(network)[:5])
    forward.forward = lambda x: nn.Flatten()(x)
    with pytest.raises(InputError, match="must be one that the rows pass"):
        UpTo(forward, "0")(rows)
