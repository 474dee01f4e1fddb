"""`netwright doctor`: it names what is planted, and the script does and ends as it does without."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

HEAD = """
import argparse, hashlib, random, sys, time
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0); np.random.seed(0); random.seed(0)
X = torch.randn(512, 8)
Y = (X @ torch.randn(8, 3)).argmax(1)
"""

WELL = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.drop, self.out = nn.Linear(8, 32), nn.Dropout(0.1), nn.Linear(32, 3)

    def forward(self, x):
        return self.out(self.drop(torch.relu(self.hidden(x))))

net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
train = DataLoader(TensorDataset(X[:384], Y[:384]), batch_size=32, shuffle=True)
test = DataLoader(TensorDataset(X[384:], Y[384:]), batch_size=64)
for epoch in range(10):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(epoch, loss.item(), right / 128)
"""

PROOF = """
weights = b"".join(p.detach().numpy().tobytes() for p in net.parameters())
print(hashlib.sha256(weights).hexdigest())
print(hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest())
print(random.random(), np.random.rand())
"""

ILL = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(8, 32), nn.Linear(32, 3)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x))).softmax(1)

net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=10.0)  # RATE
for epoch in range(6):
    for rows in torch.randperm(512).split(32):
        loss = F.cross_entropy(net(X[rows]), Y[rows])  # LOSS
        loss.backward()
        optimizer.step()  # STEP
"""


@pytest.fixture
def doctor(tmp_path):
    """Write a script and start the doctor on it: (body, *options, words) -> (process, diagnosis)."""

    def run(body, *options, words=(), given=None):
        script = tmp_path / "train.py"
        script.write_text(textwrap.dedent(HEAD) + body)
        told = tmp_path / "told.json"
        command = [sys.executable, "-m", "netwright", "doctor", *options, "--json", str(told), str(script)]
        done = subprocess.run(
            [*command, *(["--", *words] if words else [])],
            capture_output=True,
            text=True,
            input=given,
            cwd=tmp_path,
            check=False,
        )
        return done, json.loads(told.read_text()) if told.exists() else None

    return run


def plain(tmp_path, body, name="plain.py"):
    script = tmp_path / name
    script.write_text(textwrap.dedent(HEAD) + body)
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout


def test_three_faults_at_once_are_all_named_with_their_lines(doctor):
    done, told = doctor(ILL)
    assert done.returncode == 1
    lines = (textwrap.dedent(HEAD) + ILL).splitlines()
    where = {
        mark: next(n for n, line in enumerate(lines, 1) if f"# {mark}" in line)
        for mark in ("RATE", "LOSS", "STEP")
    }
    alarms = {one["kind"]: one for one in told["findings"] if one["severity"] != "info"}
    assert {"softmax_before_ce", "missing_zero_grad", "lr_too_high"} <= set(alarms)
    assert alarms["softmax_before_ce"]["where"]["line"] == where["LOSS"]
    assert alarms["missing_zero_grad"]["where"]["line"] == where["STEP"]
    assert alarms["lr_too_high"]["where"]["line"] == where["RATE"]
    roots = [one["explained_by"] is None for one in told["findings"] if one["severity"] != "info"]
    assert all(roots)
    assert "softmax_before_ce" in done.stderr


def test_a_script_that_is_well_is_left_alone_and_ends_with_the_very_bits(doctor, tmp_path):
    done, told = doctor(WELL + PROOF)
    assert done.returncode == 0
    assert [one for one in told["findings"] if one["severity"] != "info"] == []
    assert told["runtime"]["watch_error"] == ""
    assert done.stdout == plain(tmp_path, WELL + PROOF)


def test_a_script_that_raises_keeps_its_traceback_and_exit_code(doctor):
    done, told = doctor(WELL + "\nraise KeyError('mine')\n")
    assert done.returncode == 1
    assert "KeyError: 'mine'" in done.stderr
    assert "netwright/doctor" not in done.stderr.split("KeyError")[0]
    assert told["runtime"]["steps"] == 120
    assert "KeyError" in told["runtime"]["script_error"]


def test_exit_codes_arguments_and_stdin_are_the_scripts_own(doctor):
    body = """
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
print(parser.parse_args().rate, sys.stdin.read().strip(), sys.argv[0].endswith("train.py"), __name__)
sys.exit(3)
"""
    done, _ = doctor(body, words=["--rate", "0.5"], given="hello\n")
    assert done.stdout == "0.5 hello True __main__\n"
    assert done.returncode == 3


def test_before_ends_the_script_at_its_third_step(doctor):
    done, told = doctor(ILL + "\nprint('never')\n", "--stage", "before")
    assert "never" not in done.stdout
    assert told["runtime"]["steps"] == 3
    assert next(one["kind"] for one in told["findings"]) == "softmax_before_ce"


def test_a_training_can_be_ended_after_some_epochs(doctor):
    done, told = doctor(WELL, "--epochs", "2")
    assert len(done.stdout.splitlines()) == 2
    assert told["runtime"]["steps"] == 24


def test_workers_of_a_loader_are_not_disturbed(doctor):
    body = WELL.replace("shuffle=True)", "shuffle=True, num_workers=2)").replace("range(10)", "range(2)")
    done, told = doctor(body)
    assert told["runtime"]["watch_error"] == ""
    assert told["runtime"]["steps"] == 24
    assert len(done.stdout.splitlines()) == 2


def test_a_loop_without_end_is_judged_when_it_is_interrupted(tmp_path):
    script, told = tmp_path / "train.py", tmp_path / "told.json"
    endless = WELL.replace("for epoch in range(10):", "import itertools\nfor epoch in itertools.count():")
    script.write_text(textwrap.dedent(HEAD) + endless)
    command = [sys.executable, "-m", "netwright", "doctor", "--json", str(told), str(script)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stdout.readline().startswith("0 ")
        time.sleep(0.5)
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=120)
    assert child.returncode == 130
    assert json.loads(told.read_text())["runtime"]["steps"] > 12
    assert "steps were watched" in said


def test_a_module_runs_by_its_name(tmp_path):
    (tmp_path / "mine.py").write_text(textwrap.dedent(HEAD) + WELL + "\nprint(__name__)\n")
    command = [sys.executable, "-m", "netwright", "doctor", "--json", "told.json", "-m", "mine"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.splitlines()[-1] == "__main__"
    assert json.loads((tmp_path / "told.json").read_text())["runtime"]["steps"] == 120


def test_a_file_that_is_not_there_is_one_clear_line():
    command = [sys.executable, "-m", "netwright", "doctor", "nowhere.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("netwright: SCRIPT must be a Python file")
