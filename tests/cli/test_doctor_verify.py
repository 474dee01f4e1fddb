"""`netwright doctor --verify --html`: a second run with the remedy, and one page for it all."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

BODY = """
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
X = torch.randn(512, 8)
Y = (X @ torch.randn(8, 3)).argmax(1)
net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.SGD({parameters}, lr={rate}, momentum=0.9)
for epoch in range(8):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        F.cross_entropy(net(X[rows]), Y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        right = (net(X[384:]).argmax(1) == Y[384:]).float().mean().item()
print("right", right)
"""


@pytest.fixture
def verify(tmp_path):
    """Write a script, and start the doctor on it: (settings) -> (process, diagnosis, page)."""

    def run(rate=0.1, parameters="net.parameters()", options=("--verify",)):
        script = textwrap.dedent(BODY).format(rate=rate, parameters=parameters)
        (tmp_path / "train.py").write_text(script)
        words = ["--json", "told.json", "--html", "page.html", *options, "train.py"]
        done = subprocess.run(
            [sys.executable, "-m", "netwright", "doctor", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=False,
        )
        told, page = tmp_path / "told.json", tmp_path / "page.html"
        return (
            done,
            json.loads(told.read_text()) if told.exists() else None,
            page.read_text(encoding="utf-8") if page.exists() else "",
        )

    return run


def test_a_script_at_a_rate_of_10_learns_with_the_remedy(verify):
    done, told, page = verify(rate=10.0)
    assert done.returncode == 1
    first, second = (float(line.split()[1]) for line in done.stdout.splitlines())
    assert first < 0.6 < 0.85 < second
    verified = told["verified"]
    assert (verified["kind"], verified["helped"]) == ("lr_too_high", True)
    assert "the script once more, with a learning rate of" in done.stderr
    assert verified["sentence"] in done.stderr
    assert verified["sentence"] in page
    assert [f'id="{name}"' in page for name in ("causes", "remedy", "curve", "models")] == [True] * 4
    assert "lr=10.0" in page  # the line is quoted


def test_what_cannot_be_mended_from_outside_is_not_run_again(verify):
    done, told, page = verify(rate=0.01, parameters="net[2].parameters()")
    assert [one["kind"] for one in told["findings"] if one["severity"] != "info"] == [
        "params_not_in_optimizer"
    ]
    assert len(done.stdout.splitlines()) == 1
    said = "No remedy can be applied from outside: params_not_in_optimizer has to be mended in the script."
    assert told["verified"]["sentence"] == said
    assert said in done.stderr
    assert said in page


def test_verify_needs_a_whole_run(verify):
    done, told, page = verify(options=("--verify", "--stage", "before"))
    assert done.returncode == 2
    assert "--verify needs a whole run" in done.stderr
    assert (done.stdout, told, page) == ("", None, "")
