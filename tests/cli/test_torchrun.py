"""`torchrun -m netwright fit` as it is used: one voice, one folder, one line for each error, and on again."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

SECONDS = 120
"""How long a job may take on a machine that has other things to do."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a table that no number of processes divides, and a long one."""
    place = tmp_path_factory.mktemp("torchrun")
    rng = np.random.default_rng(0)
    for name, rows in (("t", 1001), ("long", 20_000)):
        table = pd.DataFrame(rng.normal(size=(rows, 4)), columns=list("abcd")).round(3)
        table["y"] = (table.a * table.b + 0.1 * rng.normal(size=rows)).round(3)
        table.to_csv(place / f"{name}.csv", index=False)
    return place


def torchrun(*words, folder, n=2):
    """Start the command on several processes, as a shell does; the streams come in files of their own."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n)]
    logs = ["--log-dir", str(folder / "logs"), "--redirects", "3"]
    return subprocess.Popen(
        [*command, *logs, "-m", "netwright", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def said(folder, rank, stream):
    """What one process wrote."""
    (file,) = (folder / "logs").glob(f"*/attempt_0/{rank}/{stream}.log")
    return file.read_text()


def lines(text):
    """Lines of netwright's own, without the words of torch's launcher."""
    return [line for line in text.splitlines() if line.startswith("netwright: ")]


def children(process):
    """The processes that torchrun started, by their ranks."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    ranks = {}
    for pid in listed:
        try:
            settings = Path(f"/proc/{pid}/environ").read_text()
        except OSError:
            continue
        found = re.search(r"(?:^|\0)RANK=(\d+)", settings)
        if found:
            ranks[int(found[1])] = int(pid)
    return ranks


def wait_for(path):
    """Wait until a file is there."""
    end = time.monotonic() + SECONDS
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert path.exists()


@pytest.fixture(scope="module")
def fitted(folder):
    """A job that two processes did together."""
    words = ("fit", str(folder / "t.csv"), "--target", "y", "--net", "mlp", "--out", str(folder / "job"))
    process = torchrun(*words, folder=folder)
    assert process.wait(SECONDS) == 0
    return folder


def test_the_first_process_alone_speaks_and_the_job_is_whole(fitted):
    told = said(fitted, 0, "stdout")
    assert told.count("held-out rows") == 1
    assert "gradient boosting" in told
    assert f"report  {fitted / 'job' / 'report.html'}" in told
    assert "cut short" not in told
    assert (said(fitted, 1, "stdout"), said(fitted, 1, "stderr")) == ("", "")
    assert said(fitted, 0, "stderr") == ""
    assert sorted(path.name for path in (fitted / "job").iterdir()) == [
        "held_out.csv", "job.json", "model", "report.html",
    ]  # fmt: skip


def test_the_model_that_several_processes_made_predicts(fitted, run):
    assert run("evaluate", fitted / "job", fitted / "t.csv").code == 0


def test_input_that_cannot_be_used_is_one_line_of_the_first_process(folder, tmp_path):
    words = ("fit", str(folder / "t.csv"), "--target", "late", "--out", str(tmp_path / "job"))
    process = torchrun(*words, folder=tmp_path)
    assert process.wait(SECONDS) != 0
    (line,) = lines(said(tmp_path, 0, "stderr"))
    assert line.startswith("netwright: the target must be a column of the table, got 'late'; choose from")
    assert said(tmp_path, 1, "stderr") == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_process_that_is_killed_ends_the_job_in_a_line_and_one_process_goes_on(folder, tmp_path, run):
    job = tmp_path / "job"
    words = ("fit", str(folder / "long.csv"), "--target", "y", "--net", "mlp", "--no-references")
    process = torchrun(*words, "--checkpoint-every", "0.01s", "--out", str(job), folder=tmp_path)
    last = job / "checkpoint" / "last.safetensors"
    wait_for(last)
    os.kill(children(process)[1], signal.SIGKILL)
    killed = time.monotonic()
    assert process.wait(SECONDS) != 0
    assert time.monotonic() - killed < 30
    (line,) = lines(said(tmp_path, 0, "stderr"))
    assert line.startswith("netwright: process 0 of 2 ")
    assert line.endswith(
        f"; the last checkpoint is {last}; on any number of processes, go on with "
        f"netwright fit --resume {job}"
    )
    assert "Traceback" not in said(tmp_path, 0, "stderr")
    done = run("fit", "--resume", job, "--time-limit", "2s")
    assert (done.code, done.err) == (0, "")
    assert (job / "report.html").exists()


def test_two_processes_go_on_with_the_job_of_one_that_ran_out_of_time(folder, tmp_path, run):
    job = tmp_path / "job"
    words = ("--target", "y", "--net", "mlp", "--no-references", "--time-limit", "0.001s", "--out", job)
    assert run("fit", folder / "t.csv", *words).code == 0
    assert (job / "checkpoint" / "last.safetensors").exists()
    process = torchrun("fit", "--resume", str(job), "--time-limit", "5m", folder=tmp_path)
    assert process.wait(SECONDS) == 0
    assert "cut short" not in said(tmp_path, 0, "stdout")
    assert not (job / "checkpoint").exists()


def test_ctrl_c_ends_all_processes_and_leaves_model_report_and_checkpoint(folder, tmp_path):
    job = tmp_path / "job"
    words = ("fit", str(folder / "long.csv"), "--target", "y", "--net", "mlp", "--no-references")
    process = torchrun(*words, "--checkpoint-every", "0.01s", "--out", str(job), folder=tmp_path)
    wait_for(job / "checkpoint" / "last.safetensors")
    process.send_signal(signal.SIGINT)
    process.wait(SECONDS)
    assert f"cut short; to go on: netwright fit --resume {job}" in said(tmp_path, 0, "stdout")
    assert "interrupted by the user" in (job / "report.html").read_text()
    assert (job / "checkpoint" / "last.safetensors").exists()
    assert said(tmp_path, 1, "stdout") + said(tmp_path, 1, "stderr") == ""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder for each digit."""
    root, digits = tmp_path_factory.mktemp("pictures") / "digits", load_digits()
    for row in range(161):
        path = root / f"digit {digits.target[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((digits.images[row] * 15).astype(np.uint8)).save(path)
    return root


def test_two_processes_go_on_with_the_pictures_of_one_that_ran_out_of_time(pictures, tmp_path, run):
    job = tmp_path / "job"
    words = ("--no-references", "--time-limit", "0.001s", "--memory", "0", "--out", job)
    assert run("fit", pictures, *words).code == 0
    assert (job / "checkpoint" / "last.safetensors").exists()
    process = torchrun("fit", "--resume", str(job), "--time-limit", "5m", folder=tmp_path)
    assert process.wait(SECONDS) == 0
    told = said(tmp_path, 0, "stdout")
    assert told.count("held-out rows") == 1
    assert "cut short" not in told
    assert said(tmp_path, 1, "stdout") + said(tmp_path, 1, "stderr") + said(tmp_path, 0, "stderr") == ""
    assert not (job / "checkpoint").exists()
    assert 'alt="where the net looked"' in (job / "report.html").read_text(encoding="utf8")
    assert run("evaluate", job, pictures).code == 0


def test_a_bad_picture_is_one_line_of_the_first_process(pictures, tmp_path):
    (tmp_path / "bad" / "digit 1").mkdir(parents=True)
    (tmp_path / "bad" / "digit 1" / "torn.png").write_bytes(next(pictures.rglob("*.png")).read_bytes()[:60])
    process = torchrun("fit", str(tmp_path / "bad"), "--out", str(tmp_path / "job"), folder=tmp_path)
    assert process.wait(SECONDS) != 0
    (line,) = lines(said(tmp_path, 0, "stderr"))
    assert "torn.png" in line
    assert said(tmp_path, 1, "stderr") == ""
    assert not (tmp_path / "job").exists()
