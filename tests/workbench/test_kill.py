"""kill -9 at any moment, also while a checkpoint is being written: the job goes on to the same bits."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.state import read_state
from netwright.training.callbacks.checkpoint import LAST
from netwright.workbench import load_job

LIVES = 8
"""A job is killed in all of its lives but the last."""

FORKS = """
import gc, json, os, sys
import matplotlib.backends.backend_svg, matplotlib.figure, torch, torch._dynamo
torch.set_num_threads(1)
from netwright.tabular import MLPClassifier
from netwright.training import Training
from netwright.workbench import fit

gc.freeze()
for line in sys.stdin:
    told = json.loads(line)
    child = os.fork()
    if child == 0:
        recipe = Training(epochs=20, batch_size=32)
        fit(model=MLPClassifier(hidden=(384, 384), dropout=0.1, training=recipe), **told)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Imports once, and gives every job a process of its own: seconds of import would hide what is killed."""


@pytest.fixture
def start(tmp_path):
    """Starts a job in a process of its own; returns the process and the pipe that will tell how it ended."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(700, 3)), columns=list("abc")).round(3)
    table["y"] = np.where(table.a * table.b + 0.3 * rng.normal(size=700) > 0, "yes", "no")
    table.to_csv(tmp_path / "t.csv", index=False)
    forks = subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def job(out, **told):
        told = {"data": str(tmp_path / "t.csv"), "target": "y", "out": str(out), "references": False, **told}
        forks.stdin.write(json.dumps(told) + "\n")
        forks.stdin.flush()
        return int(forks.stdout.readline()), lambda: int(forks.stdout.readline())

    yield job
    forks.stdin.close()
    forks.wait(timeout=60)


def content(folder):
    """The bytes of all that a job wrote; of the report, which tells the time, only what is no time."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    told = files["report.html"].decode().replace(str(folder), "FOLDER")
    files["report.html"] = re.sub(r"[\d.,]+ (ms|s|min)\b|\d+ \w+ \d{4}, \d\d:\d\d", "TIME", told)
    return files


def parts(folder):
    """Names of the places where checkpoints are being written, or were when the job was killed."""
    places = folder.glob("checkpoint/.*.part") if folder.exists() else ()
    return {place.name for place in places if "safetensors" in place.name}


def wait_for_a_write(process, folder, n_seen):
    """Wait until so many checkpoints have been seen to be written, or the process has ended."""
    before, seen = parts(folder), set()
    while len(seen) < n_seen and Path(f"/proc/{process}").exists():
        seen |= parts(folder) - before
        time.sleep(0.001)


def test_a_job_killed_at_twenty_moments_and_resumed_ends_with_the_same_bits(start, tmp_path):
    _, ended = start(tmp_path / "whole", checkpoint_every=60)
    begun = time.monotonic()
    assert ended() == 0
    lasts = time.monotonic() - begun
    whole, record = content(tmp_path / "whole"), load_job(tmp_path / "whole")[0].record_
    assert not (tmp_path / "whole" / "checkpoint").exists()
    moments, killed, while_writing, chain = random.Random(0), 0, 0, 0
    while killed < 20 or while_writing < 5:
        chain += 1
        assert chain <= 20, f"{killed} kills, {while_writing} while writing"
        folder = tmp_path / f"killed{chain}"
        for life in range(LIVES):
            resume = (folder / "checkpoint" / "job.json").exists()
            before = parts(folder)
            process, ended = start(folder, checkpoint_every=0, resume=resume)
            if life == LIVES - 1:
                assert ended() == 0
                break
            if life % 2:
                wait_for_a_write(process, folder, moments.randint(1, 5))
            else:
                time.sleep(moments.uniform(0, 0.5 * lasts))
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            if ended() != signal.SIGKILL:
                break  # it was quicker, and is whole
            killed += 1
            while_writing += bool(parts(folder) - before)
            last = folder / "checkpoint" / LAST
            if last.exists():
                assert read_state(last)["position"][2] > 0  # never half a file under that name
        assert content(folder) == whole
        assert load_job(folder)[0].record_ == record
    assert [path.name for path in tmp_path.rglob(".*")] == []  # nothing half written is left anywhere
