import torch

from netwright.layers import pair_features


def test_features_of_a_pair_are_both_the_distance_in_each_and_the_product():
    u, v = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    first, second, apart, product = pair_features(u, v).split(4, dim=1)
    assert torch.equal(first, u)
    assert torch.equal(second, v)
    torch.testing.assert_close(apart, torch.maximum(u - v, v - u))
    torch.testing.assert_close(product, u * v)
    assert torch.equal(pair_features(u, v, product=False), torch.cat([first, second, apart], 1))
