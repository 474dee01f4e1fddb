"""One's own network on well-known rows: a sound one reaches what others reach, a broken one does not."""

import pytest
import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.doctor.instruments.known_data import KnownResult, try_known_data


def sound(columns, classes):
    return nn.Sequential(nn.Linear(columns, 64), nn.ReLU(), nn.Linear(64, classes))


class Blind(nn.Module):
    """Half of what enters is lost on its way."""

    def __init__(self, columns, classes):
        super().__init__()
        self.out = nn.Linear(columns, classes)

    def forward(self, x):
        return self.out(x.round().clamp(0, 1) * 0 + x[:, :1])


@pytest.mark.parametrize("data", ["digits", "two moons"])
def test_a_users_network_is_compared_with_the_stored_accuracy(data):
    state = torch.get_rng_state()
    told = try_known_data(sound, data, epochs=25, learning_rate=5e-3)
    assert told.sound
    assert told.accuracy > 0.95
    assert torch.equal(state, torch.get_rng_state())
    broken = try_known_data(Blind, data, epochs=5, learning_rate=5e-3)
    assert not broken.sound
    assert broken.accuracy < 0.9


def test_a_result_within_chance_of_the_reference_is_sound():
    assert KnownResult("digits", 0.96, 0.97, 450).sound
    assert not KnownResult("digits", 0.93, 0.97, 450).sound


def test_other_data_is_refused():
    with pytest.raises(InputError, match="digits"):
        try_known_data(sound, "iris")
