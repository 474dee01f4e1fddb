import os
import signal

import torch
from torch import nn

from netwright.training import Callback, StopOnInterrupt, Supervised, TensorSamples, TimeLimit, Training


def line(n_rows=64):
    X = torch.randn(n_rows, 3, generator=torch.Generator().manual_seed(0))
    return TensorSamples(X, X @ torch.tensor([[1.0], [-2.0], [0.5]]))


def test_the_time_limit_ends_a_run_within_an_epoch():
    record = Training(epochs=10**6, batch_size=1, callbacks=[TimeLimit(0.05)]).run(
        nn.Linear(3, 1), Supervised(nn.MSELoss()), line(2000)
    )
    assert "time limit" in record.stopped
    assert len(record.epochs) < 10


def test_ctrl_c_ends_the_run_quietly_and_the_signal_goes_back_to_its_owner():
    class Press(Callback):
        def on_epoch_start(self, run):
            if run.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    record = Training(epochs=9, validation=0, callbacks=[StopOnInterrupt(), Press()]).run(
        nn.Linear(3, 1), Supervised(nn.MSELoss()), line()
    )
    assert record.stopped == "interrupted by the user"
    assert len(record.epochs) == 2
    assert signal.getsignal(signal.SIGINT) is before
