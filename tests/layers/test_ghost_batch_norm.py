import pytest
import torch
from torch import nn

from netwright.contracts import check_layer
from netwright.layers import GhostBatchNorm1d, GhostBatchNorm2d

KINDS = [(GhostBatchNorm1d, nn.BatchNorm1d, (3,)), (GhostBatchNorm2d, nn.BatchNorm2d, (3, 4, 5))]


def rows(n_rows, shape, seed=0):
    return torch.randn(n_rows, *shape, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def learned(layer, seed=1):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return layer


@pytest.mark.parametrize(("ghost", "plain", "shape"), KINDS)
def test_ghost_batch_norm_keeps_the_layer_contract(ghost, plain, shape):
    check_layer(learned(ghost(3, 2)), rows(6, shape), shape=(6, *shape))


@pytest.mark.parametrize(("ghost", "plain", "shape"), KINDS)
def test_one_ghost_batch_is_batch_norm(ghost, plain, shape):
    """The limit: a ghost batch as large as the batch, output, gradient and running statistics."""
    layers = [learned(ghost(3, ghost_batch_size=8)), learned(plain(3))]
    inputs = [rows(8, shape).requires_grad_() for _ in layers]
    outputs = [layer(x) for layer, x in zip(layers, inputs, strict=True)]
    for output in outputs:
        (output**3).sum().backward()
    assert torch.equal(*outputs)
    assert torch.equal(inputs[0].grad, inputs[1].grad)
    for name, tensor in layers[1].state_dict().items():
        assert torch.equal(layers[0].state_dict()[name], tensor), name


@pytest.mark.parametrize(("ghost", "plain", "shape"), KINDS)
@pytest.mark.parametrize(("n_rows", "sizes"), [(12, [4, 4, 4]), (11, [6, 5]), (3, [3])])
def test_each_ghost_batch_is_normalised_by_its_own_mean_and_variance(ghost, plain, shape, n_rows, sizes):
    layer, x = learned(ghost(3, ghost_batch_size=4)), rows(n_rows, shape)
    weight, bias = (p.detach().reshape(-1, *[1] * (len(shape) - 1)) for p in (layer.weight, layer.bias))
    mean, variance = torch.zeros(3), torch.ones(3)
    expected = []
    for part in x.split(sizes):
        over = [axis for axis in range(x.ndim) if axis != 1]
        m, v = part.mean(over, keepdim=True), part.var(over, correction=0, keepdim=True)
        expected.append((part - m) / (v + 1e-5).sqrt() * weight + bias)
        mean = 0.9 * mean + 0.1 * m.flatten()
        variance = 0.9 * variance + 0.1 * part.var(over).flatten()
    torch.testing.assert_close(layer(x), torch.cat(expected))
    torch.testing.assert_close(layer.running_mean, mean)
    torch.testing.assert_close(layer.running_var, variance)


@pytest.mark.parametrize(("ghost", "plain", "shape"), KINDS)
def test_evaluation_uses_the_running_statistics_and_weights_load_into_torchs_layer(ghost, plain, shape):
    layer, x = learned(ghost(3, ghost_batch_size=2)), rows(6, shape)
    for seed in range(3):
        layer(rows(6, shape, seed))
    other = plain(3)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(layer.eval()(x), other.eval()(x))


def test_a_senseless_size_is_named():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        GhostBatchNorm1d(3, ghost_batch_size=0)
