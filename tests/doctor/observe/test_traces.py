"""An error of a watched script is told as it is told without a doctor."""

import traceback

import torch
import torch.nn.functional as F
from torch import nn

from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.places import forget_own_frames
from netwright.doctor.observe.watcher import Watcher


def fail():
    net = nn.Sequential(nn.Linear(3, 2))
    F.cross_entropy(net(torch.randn(4, 3)), torch.tensor([0, 1, 2, 1])).backward()


def fail_inside():
    nn.Sequential(nn.Linear(3, 2))(torch.ones(4, 5)).sum().backward()


def told(error):
    return [(one.name, one.line) for one in traceback.extract_tb(forget_own_frames(error.__traceback__))]


def raised(function, *, watched):
    try:
        if watched:
            with watching(Watcher()):
                function()
        else:
            function()
    except (IndexError, RuntimeError) as error:
        return told(error)[1:]  # without this helper's own line
    raise AssertionError


def test_a_traceback_is_the_same_with_a_doctor_and_without():
    for function in (fail, fail_inside):
        alone = raised(function, watched=False)
        assert alone[0][0] == function.__name__
        assert raised(function, watched=True) == alone
