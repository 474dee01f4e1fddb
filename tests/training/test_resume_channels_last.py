"""A run of convolutions, whose kernels lie channels last, goes on from a file, which knows of no layout."""

import pytest
import torch
from torch import nn

from netwright.training import Callback, Checkpoint, Supervised, TensorSamples, Training


class Crash(Callback):
    """Ends the run like a power cut, after so many steps."""

    def on_step_end(self, run):
        if run.n_steps == 5:
            raise ZeroDivisionError


def run(*callbacks):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.Flatten(), nn.Linear(48, 1)
    )
    X = torch.randn(40, 2, 8, 8, generator=torch.Generator().manual_seed(1))
    recipe = Training(epochs=3, batch_size=10, validation=0.0, learning_rate=0.01, callbacks=callbacks)
    recipe.run(network, Supervised(nn.MSELoss()), TensorSamples(X, X[:, 0, :1, 0]))
    return network.state_dict()


def test_steps_after_the_cut_are_those_that_there_would_have_been(tmp_path):
    whole = run()
    with pytest.raises(ZeroDivisionError):
        run(Checkpoint(tmp_path, steps=1), Crash())
    again = run(Checkpoint(tmp_path, steps=100, resume=True))
    assert whole["0.weight"].is_contiguous(memory_format=torch.channels_last)
    for name, value in whole.items():
        assert torch.equal(value, again[name]), name
