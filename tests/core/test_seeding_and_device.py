import pytest
import torch

from netwright.core.device import choose_device, choose_threads, use_threads
from netwright.core.errors import InputError
from netwright.core.seeding import isolated_seed


def test_the_seed_repeats_inside_and_leaves_the_stream_outside_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with isolated_seed(7):
        first = torch.rand(4)
    with isolated_seed(7):
        assert torch.equal(first, torch.rand(4))
    assert torch.equal(torch.rand(2), expected)


def test_small_steps_take_one_thread_and_large_ones_what_torch_may_use():
    with use_threads(2):
        assert [choose_threads(work) for work in (0, 4e8, 1e10)] == [1, 1, 2]
    with use_threads(1):
        assert choose_threads(1e12) == 1


def test_the_users_threads_come_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), use_threads(before + 1):
        _ = 1 / 0
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["gpu", "cuda:99", ""])
def test_an_unknown_device_is_named(name):
    with pytest.raises(InputError, match="use 'auto' or 'cpu'"):
        choose_device(name)
