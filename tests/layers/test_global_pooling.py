import numpy as np
import pytest
import torch
from torch.nn import functional as F

from netwright.contracts import check_layer
from netwright.layers import AverageOverTime, GlobalAveragePool, GlobalMaxPool, MaxOverTime

GLOBAL = [(GlobalAveragePool, F.adaptive_avg_pool2d, np.mean), (GlobalMaxPool, F.adaptive_max_pool2d, np.max)]
OVER_TIME = [(AverageOverTime, np.mean), (MaxOverTime, np.max)]


def maps(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("pool", "adaptive", "of"), GLOBAL)
def test_global_pools_keep_the_layer_contract(pool, adaptive, of):
    check_layer(pool(), maps(3, 4, 5, 6), shape=(3, 4))
    check_layer(pool(), maps(3, 4, 7), shape=(3, 4))


@pytest.mark.parametrize(("pool", "of"), OVER_TIME)
def test_pools_over_time_keep_the_layer_contract(pool, of):
    mask = torch.arange(6) < torch.tensor([[6], [2], [0]])
    check_layer(pool(), maps(3, 6, 4), mask, shape=(3, 4))
    check_layer(pool(), maps(3, 6, 4), shape=(3, 4))


@pytest.mark.parametrize(("pool", "adaptive", "of"), GLOBAL)
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (16, 3)])
def test_maps_of_any_size_become_one_number_each(pool, adaptive, of, size):
    x = maps(2, 3, *size).double()
    np.testing.assert_allclose(pool()(x), of(x.numpy(), axis=(2, 3)), rtol=1e-12)
    torch.testing.assert_close(pool()(x), adaptive(x, 1).flatten(1), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(("pool", "of"), OVER_TIME)
def test_only_real_steps_count(pool, of):
    x = maps(3, 6, 4).double()
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1]], dtype=torch.bool)
    expected = [of(one[real].numpy(), axis=0) for one, real in zip(x, mask, strict=True)]
    np.testing.assert_allclose(pool()(x, mask), expected, rtol=1e-12)
    np.testing.assert_allclose(pool()(x), of(x.numpy(), axis=1), rtol=1e-12)


@pytest.mark.parametrize(("pool", "of"), OVER_TIME)
@pytest.mark.parametrize("noise", [7.0, float("inf"), float("nan")])
def test_padded_steps_have_no_influence(pool, of, noise):
    mask = torch.arange(6) < torch.tensor([[6], [2], [0]])
    found = []
    for content in (0.0, noise):
        x = maps(3, 6, 4).masked_fill(~mask[:, :, None], content).requires_grad_()
        y = pool()(x, mask)
        (y**2).sum().backward()
        found.append([y, x.grad])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    assert (found[0][0][2] == 0).all()
    assert (found[0][1][2] == 0).all()


def test_where_channels_lie_last_in_memory_those_of_the_gradient_do():
    x, seen = maps(3, 4, 5, 6).contiguous(memory_format=torch.channels_last).requires_grad_(), []
    doubled = 2 * x
    doubled.register_hook(seen.append)
    GlobalAveragePool()(doubled).square().sum().backward()
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
