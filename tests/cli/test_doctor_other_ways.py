"""`netwright doctor` on notebooks turned into scripts, and on scripts that train in several processes."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

SECONDS = 120
"""How long a job may take on a machine that has other things to do."""

NOTEBOOK = """
#!/usr/bin/env python
# coding: utf-8

# In[1]:

get_ipython().run_line_magic('matplotlib', 'inline')
import torch

# In[2]:

print("never")
"""

PROCESSES = """
import os, sys
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def train(rank, size, meet, mode):
    torch.manual_seed(0)
    dist.init_process_group("gloo", init_method=meet, rank=rank, world_size=size)
    X = torch.randn(160, 4)
    Y = (X[:, 0] > 0).long()
    net = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
    if "ill" in mode:
        net.append(nn.Softmax(1))
    model = DistributedDataParallel(net)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    batches = [rows for _ in range(20 if mode == "well" else 1) for rows in torch.randperm(160).split(32)]
    for step, rows in enumerate(batches):
        if "raises" in mode and step == 3 and rank == 0:
            raise KeyError("mine")
        mine = rows[rank::size]
        optimizer.zero_grad()
        F.cross_entropy(model(X[mine]), Y[mine]).backward()
        optimizer.step()
    dist.destroy_process_group()
"""
SPAWNED = f"""{PROCESSES}
if __name__ == "__main__":
    meet = "file://" + os.path.abspath("meet")
    mp.spawn(train, (2, meet, sys.argv[1]), nprocs=2)
    print("all trained")
"""
LAUNCHED = f"""{PROCESSES}
train(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), "env://", sys.argv[1])
"""
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}


def run(folder, *words, code=""):
    if code:
        (folder / "train.py").write_text(textwrap.dedent(code))
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=ENVIRONMENT,
        timeout=SECONDS,
        check=False,
    )


def told(folder):
    return json.loads((folder / "told.json").read_text())


def alarms(folder):
    return [one["kind"] for one in told(folder)["findings"] if one["severity"] != "info"]


DOCTOR = ("-m", "netwright", "doctor", "--json", "told.json")


def test_a_notebook_as_a_script_fails_as_it_does_without(tmp_path):
    plain = run(tmp_path, "train.py", code=NOTEBOOK)
    done = run(tmp_path, *DOCTOR, "train.py")
    error = plain.stderr.splitlines()[-1]
    assert error == "NameError: name 'get_ipython' is not defined"
    assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout) == (1, "")
    assert error in done.stderr
    assert 'train.py", line 7' in done.stderr
    assert told(tmp_path)["runtime"]["script_error"] == error


@pytest.mark.parametrize(
    ("mode", "code", "kinds", "steps"), [("ill", 1, ["softmax_before_ce"], 5), ("well", 0, [], 100)]
)
def test_of_spawned_processes_the_first_is_judged(tmp_path, mode, code, kinds, steps):
    done = run(tmp_path, *DOCTOR, "train.py", "--", mode, code=SPAWNED)
    assert done.stdout == "all trained\n"
    assert alarms(tmp_path) == kinds
    assert done.returncode == code
    assert told(tmp_path)["runtime"]["steps"] == steps
    assert told(tmp_path)["runtime"]["watch_error"] == ""


def test_the_error_of_a_spawned_process_is_told(tmp_path):
    done = run(tmp_path, *DOCTOR, "train.py", "--", "raises", code=SPAWNED)
    assert done.returncode == 1
    # PyTorch shows the error of the process that it sees end first, which may be the other one's
    assert "The script ended by an error: KeyError: 'mine'." in done.stderr
    assert told(tmp_path)["runtime"]["script_error"] == "KeyError: 'mine'"
    assert told(tmp_path)["runtime"]["steps"] == 3


def test_spawned_processes_do_not_wait_for_the_one_that_was_ended(tmp_path):
    done = run(tmp_path, *DOCTOR, "--stage", "before", "train.py", "--", "ill", code=SPAWNED)
    assert alarms(tmp_path) == ["softmax_before_ce"]
    assert told(tmp_path)["runtime"]["steps"] == 3
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node=2")


def test_under_torchrun_the_first_process_is_judged(tmp_path):
    done = run(tmp_path, "-m", *TORCHRUN, *DOCTOR, "train.py", "--", "ill", code=LAUNCHED)
    assert done.returncode == 1
    assert alarms(tmp_path) == ["softmax_before_ce"]
    assert told(tmp_path)["runtime"]["steps"] == 5
    assert done.stderr.count("steps were watched") == 1


def test_torchrun_runs_under_the_doctor_and_errors_keep_their_exit_code(tmp_path):
    words = (*DOCTOR, "-m", TORCHRUN[0], "--", *TORCHRUN[1:], "train.py", "ill raises")
    done = run(tmp_path, *words, code=LAUNCHED)
    assert done.returncode == 1
    assert "KeyError: 'mine'" in done.stderr
    assert alarms(tmp_path) == ["softmax_before_ce"]
    assert told(tmp_path)["runtime"]["script_error"] == "KeyError: 'mine'"
