import pytest
import torch

from netwright.contracts import check_layer
from netwright.core.errors import InputError
from netwright.layers import ScalarMix


def layers(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_scalar_mix_keeps_the_layer_contract():
    check_layer(ScalarMix(3, scores=(0.0, 1.0, -1.0), gamma=2.0), layers(2, 3, 5, 4), shape=(2, 5, 4))


def test_the_mix_is_the_sum_weighed_by_the_softmax_of_the_scores_times_gamma():
    scores, x = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64), layers(2, 3, 5, 4).double()
    mix = ScalarMix(3, scores.tolist(), gamma=1.7).double()
    weights = scores.exp() / scores.exp().sum()
    by_hand = 1.7 * sum(weight * layer for weight, layer in zip(weights, x.unbind(1), strict=True))
    torch.testing.assert_close(mix(x), by_hand, atol=1e-6, rtol=0)


def test_it_begins_with_the_mean_and_learns_to_take_one_layer():
    x = layers(8, 3, 5, 4)
    mix = ScalarMix(3)
    torch.testing.assert_close(mix(x), x.mean(1))
    optimizer = torch.optim.Adam(mix.parameters(), lr=0.1)
    for _ in range(200):
        loss = (mix(x) - 2 * x[:, 1]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.softmax(mix.scores, 0)[1] > 0.95
    assert mix.gamma.item() == pytest.approx(2, abs=0.1)


def test_scores_and_layers_that_do_not_fit_are_named():
    with pytest.raises(InputError, match="got 2 for 3"):
        ScalarMix(3, scores=(0.0, 1.0))
    with pytest.raises(InputError, match="layers must be 3"):
        ScalarMix(3)(layers(2, 4, 5, 4))
