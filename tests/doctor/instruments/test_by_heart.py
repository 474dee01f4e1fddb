"""Two rows learned by heart: what sound networks can do and broken ones cannot."""

import pytest
import torch
from sklearn.datasets import load_digits, load_wine
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments import learn_by_heart

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = torch.tensor(ROWS, dtype=torch.float32) / 16, torch.tensor(LABELS)


def net(*after):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10), *after)


class Cut(nn.Sequential):
    """A network whose answer is cut off from its weights."""

    def forward(self, x):
        return super().forward(x).detach().requires_grad_()


class Blind(nn.Sequential):
    """A network that does not see its rows."""

    def forward(self, x):
        return super().forward(torch.zeros_like(x))


def test_a_network_for_images_and_one_for_numbers_learn_too():
    conv = nn.Conv2d(1, 4, 3, stride=2)
    images = nn.Sequential(conv, nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(36, 10))
    assert learn_by_heart(images, nn.CrossEntropyLoss(), X.reshape(-1, 1, 8, 8), Y).learned
    wine = torch.tensor(load_wine().data, dtype=torch.float32)
    wine = (wine - wine.mean(0)) / wine.std(0)
    numbers = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 1))
    assert learn_by_heart(numbers, nn.MSELoss(), wine[:, :12], wine[:, 12:]).learned


@pytest.mark.parametrize(
    ("network", "learned"),
    [
        (net(), True),
        (net(nn.Softmax(1)), False),
        (Cut(*net()), False),
        (Blind(*net()), False),
        (net().requires_grad_(requires_grad=False), False),
    ],
    ids=["sound", "a softmax too many", "cut off", "blind", "nothing that learns"],
)
def test_a_sound_network_learns_two_digits_by_heart_and_broken_ones_do_not(network, learned):
    told = learn_by_heart(network, nn.CrossEntropyLoss(), X, Y, steps=150)
    assert told.learned == learned
    assert (told.loss < 1e-3) == learned


def test_the_network_and_the_random_stream_stay_as_they_are():
    network = net()
    before = [one.clone() for one in network.parameters()], torch.random.get_rng_state()
    learn_by_heart(network, nn.CrossEntropyLoss(), X, Y, steps=5)
    assert all(torch.equal(one, other) for one, other in zip(network.parameters(), before[0], strict=True))
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_fewer_rows_than_asked_for_are_refused():
    with pytest.raises(InputError, match="at least 2 rows"):
        learn_by_heart(net(), nn.CrossEntropyLoss(), X[:1], Y[:1])
