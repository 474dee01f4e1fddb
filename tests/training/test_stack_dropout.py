import pytest
import torch
from torch import nn

from netwright.training.stack import Stack

WIDTH = 4096


def dropping(layer):
    """A stack of one dropout and a linear map that changes nothing, so that outputs are what dropout gave."""
    linear = nn.Linear(WIDTH, 1)
    return Stack.of(nn.Sequential(layer, linear))


def dropped(stack, x):
    stack.forward(x)
    return stack.steps[1].x


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.77])
def test_the_share_that_stays_is_the_one_asked_for(share):
    torch.manual_seed(0)
    rows = 1024
    stack = dropping(nn.Dropout(share))
    kept = dropped(stack, torch.ones(rows, WIDTH)) != 0
    assert abs(stack.steps[0].coins.kept - (1 - share)) < 1e-5
    spread = (share * (1 - share) / kept.numel()) ** 0.5
    assert abs(kept.double().mean().item() - (1 - share)) < 5 * spread
    for part in range(4):  # the four units that come of one draw
        assert abs(kept[:, part::4].double().mean().item() - (1 - share)) < 5 * 2 * spread


def test_units_are_dropped_independently_of_each_other():
    torch.manual_seed(0)
    kept = (dropped(dropping(nn.Dropout(0.3)), torch.ones(1024, WIDTH)) != 0).double() - 0.7
    for near in (kept[:, 1:] * kept[:, :-1], kept[:, 2:] * kept[:, :-2], kept[1:] * kept[:-1]):
        assert abs(near.mean().item()) < 5 * 0.21 / near.numel() ** 0.5


def test_the_mean_stays_and_what_is_kept_is_scaled_by_the_share_that_stays():
    torch.manual_seed(0)
    stack = dropping(nn.Dropout(0.1))
    out = dropped(stack, torch.ones(64, WIDTH, dtype=torch.float32))
    assert out.unique().tolist() == pytest.approx([0.0, 1 / stack.steps[0].coins.kept])
    assert out.mean().item() == pytest.approx(1, abs=3e-3)


def test_alpha_dropout_gives_the_values_of_torchs_layer_and_keeps_mean_and_variance():
    torch.manual_seed(0)
    layer, x = nn.AlphaDropout(0.2), torch.ones(64, WIDTH)
    ours, theirs = dropped(dropping(layer), x).unique(), layer.train()(x).unique()
    assert (ours - theirs).abs().max() < 1e-4
    out = dropped(dropping(layer), torch.randn(512, WIDTH))
    assert out.mean().item() == pytest.approx(0, abs=5e-3)
    assert out.std().item() == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize("kind", [nn.Dropout, nn.AlphaDropout])
def test_nothing_and_everything_can_be_dropped(kind):
    x = torch.randn(3, WIDTH)
    whole = Stack.of(nn.Sequential(kind(0.0), nn.Linear(WIDTH, 1)))
    whole.forward(x)
    assert whole.steps[0].x is x
    none = dropped(dropping(kind(1.0)), x)
    assert torch.equal(none, kind(1.0).train()(x))


def test_the_masks_come_from_torchs_own_stream_and_go_on_where_it_is_set():
    stack, x = dropping(nn.Dropout(0.5)), torch.ones(4, WIDTH)
    torch.manual_seed(7)
    first = dropped(stack, x).clone()
    state = torch.get_rng_state()
    second = dropped(stack, x).clone()
    assert not torch.equal(first, second)
    torch.set_rng_state(state)
    assert torch.equal(dropped(stack, x), second)
    torch.manual_seed(7)
    assert torch.equal(dropped(stack, x), first)
