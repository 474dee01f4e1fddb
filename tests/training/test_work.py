import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from netwright.training import Supervised, TensorSamples, Training
from netwright.training.objective import count_work
from netwright.training.work import step_work

NETWORK = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1, bias=False),
    nn.BatchNorm2d(8),
    nn.Conv2d(8, 8, 3, stride=2, groups=4, bias=False),
    nn.Flatten(),
    nn.Linear(8 * 7 * 7, 5),
)


def test_a_step_is_three_times_what_torch_counts_forward():
    x = torch.zeros(4, 3, 16, 16)
    with FlopCounterMode(display=False) as counted:
        NETWORK(x)
    assert step_work(NETWORK, x, 4) == 3 * counted.get_total_flops()


def test_nothing_of_the_network_or_of_random_streams_moves():
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.Dropout(0.5)).train()
    network[1].eval()
    before = {name: one.clone() for name, one in network.state_dict().items()}
    stream = torch.get_rng_state()
    step_work(network, torch.randn(2, 1, 9, generator=torch.Generator().manual_seed(0)), 2)
    assert torch.equal(stream, torch.get_rng_state())
    assert all(torch.equal(before[name], one) for name, one in network.state_dict().items())
    assert [module.training for module in network] == [True, False, True]
    assert not any(module._forward_hooks for module in network)


def test_without_convolutions_or_tensors_each_weight_counts_once_a_row():
    linear = nn.Linear(3, 2)
    assert step_work(linear, None, 7) == count_work(linear.parameters(), 7)
    assert step_work(NETWORK, {"words": torch.zeros(2)}, 7) == count_work(NETWORK.parameters(), 7)


def test_the_threads_of_a_run_follow_from_the_places_that_kernels_look_at():
    """96 maps of 32 x 32 pixels make work for two threads, which their 83,000 weights alone do not."""
    network = nn.Sequential(
        nn.Conv2d(1, 96, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, 1)
    )
    samples = TensorSamples(torch.zeros(128, 1, 32, 32), torch.zeros(128, 1))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        record = Training(epochs=1, batch_size=128).run(network, Supervised(nn.MSELoss()), samples)
    finally:
        torch.set_num_threads(before)
    assert record.threads == 2
    assert count_work(network.parameters(), 128) < 5e8 < step_work(network, torch.zeros(1, 1, 32, 32), 128)
