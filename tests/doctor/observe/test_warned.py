"""Warnings of torch name the line that they name without a doctor."""

import warnings
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher


def train(net, loss):
    loss(net(torch.ones(4, 2)), torch.ones(4)).backward()  # LINE


def places(loss, *, watched):
    """File and source line of each warning."""
    told, torch_net = [], nn.Linear(2, 1)

    def show(message, category, filename, lineno, file=None, line=None):
        text = Path(filename).read_text(encoding="utf-8").splitlines()[lineno - 1]
        told.append((Path(filename).name, text.strip(), str(message)[:24]))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = show
        if watched:
            with watching(Watcher()) as watcher:
                train(torch_net, loss)
            assert watcher.facts.gave_up == ""
            assert warnings.showwarning is show  # the doors are shut again
        else:
            train(torch_net, loss)
    return told


def transposed(answer, target):
    return (answer.squeeze() * target).reshape(1, 2, 2).T.sum()  # warned of in C++


@pytest.fixture(autouse=True)
def always():
    """Let C++ warn each time."""
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


def test_a_warning_names_the_same_line_with_a_doctor_and_without():
    for loss in (F.mse_loss, nn.MSELoss(), transposed):
        alone = places(loss, watched=False)
        assert len(alone) == 1
        assert places(loss, watched=True) == alone
    assert places(F.mse_loss, watched=True)[0][1].endswith("# LINE")
