"""Ctrl-C in a real process on a terminal: training stops, the best state is kept, the report is written."""

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

PATIENCE = 120


@pytest.fixture
def long_fit(tmp_path):
    """Starts a fit that would take minutes, with its stderr on a terminal, and returns it once it trains."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(20_000, 6)), columns=list("abcdef")).round(3)
    table["y"] = np.where(table.a * table.b + rng.normal(size=20_000) > 0, "yes", "no")
    table.to_csv(tmp_path / "long.csv", index=False)
    started = []

    def start():
        master, terminal = pty.openpty()
        words = [sys.executable, "-m", "netwright", "fit", str(tmp_path / "long.csv"), "--target", "y"]
        process = subprocess.Popen(
            [*words, "--no-references", "--out", str(tmp_path / "job")],
            stdout=subprocess.PIPE,
            stderr=terminal,
            text=True,
            env={**os.environ, "COLUMNS": "200", "TERM": "xterm"},
        )
        os.close(terminal)
        started.append(process)
        seen = read_until(master, "validation_auc")
        return process, master, seen

    yield start
    for process in started:
        process.kill()
        process.wait()


def read_until(master, text):
    """Return what a terminal showed until a text came, or until its end."""
    seen, end = "", time.monotonic() + PATIENCE
    while text not in seen and time.monotonic() < end:
        if select.select([master], [], [], 1)[0]:
            try:
                seen += os.read(master, 65536).decode(errors="replace")
            except OSError:  # how Linux tells that nobody writes any more
                break
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)


def test_ctrl_c_keeps_the_best_state_and_still_writes_the_report(long_fit, tmp_path, run):
    process, master, seen = long_fit()
    assert "reading and checking the table" in seen
    assert "training on 16,000 rows, judging on 4,000" in seen
    seen += read_until(master, " 3/")
    assert re.search(r"2/\d+ 0:\d\d:\d\d loss", seen), "no time left is shown"
    process.send_signal(signal.SIGINT)
    rest = read_until(master, "never said")
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in seen + rest
    assert "ROC AUC" in out
    assert f"cut short; to go on: netwright fit --resume {tmp_path / 'job'}" in out
    assert (tmp_path / "job" / "checkpoint" / "last.safetensors").exists()
    assert "interrupted by the user" in (tmp_path / "job" / "report.html").read_text()
    rows = pd.read_csv(tmp_path / "long.csv").head(50)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    ended = run("predict", tmp_path / "job", tmp_path / "rows.csv")
    assert (ended.code, ended.err) == (0, "")
    assert len(pd.read_csv(io.StringIO(ended.out))) == 50


def test_a_second_ctrl_c_ends_and_leaves_all_or_nothing(long_fit, tmp_path):
    process, master, seen = long_fit()
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    rest = read_until(master, "never said")
    process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, 130)
    assert "Traceback" not in seen + rest
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["job", "long.csv"]
    assert (tmp_path / "job" / "checkpoint" / "job.json").exists()
    written = sorted(path.name for path in (tmp_path / "job").iterdir() if path.name != "checkpoint")
    if process.returncode == 130:
        assert f"interrupted; go on with netwright fit --resume {tmp_path / 'job'}" in rest
        assert written == []
    else:  # the second came when training was over already
        assert written == ["held_out.csv", "job.json", "model", "report.html"]
