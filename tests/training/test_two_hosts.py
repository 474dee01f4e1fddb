"""Two machines, played by two network namespaces with a cable between them."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from netwright.workbench import fit as fit_job
from netwright.workbench import nets
from netwright.workbench.job import load_job

HOSTS = ("10.77.0.1", "10.77.0.2")
SECONDS = 120
EPOCHS = 30
"""Of the record, so many are compared; after hundreds of steps rounding may have grown to any size."""


def why_not():
    """Return what is lacking here, or None."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        return "needs Linux and iproute2"
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "may make no network namespaces here"


@contextmanager
def two_hosts():
    """Two namespaces that see each other and nothing else."""
    names = [f"netwright-{os.getpid()}-{place}" for place in range(2)]
    ends = [f"nw{os.getpid() % 10**8}{place}" for place in "ab"]
    try:
        for name in names:
            ip("netns", "add", name)
        ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for name, end, host in zip(names, ends, HOSTS, strict=True):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "addr", "add", f"{host}/24", "dev", end)
            for device in ("lo", end):
                ip("-n", name, "link", "set", device, "up")
        yield list(zip(names, ends, strict=True))
    finally:
        for name in names:  # the cable goes with them
            left = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
            for process in left.stdout.split():
                os.kill(int(process), signal.SIGKILL)
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def torchrun(name, end, script, folder):
    """Start it on one host; the first, which has no name to know it by, is told that all meet there."""
    first = name.endswith("0")
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    command += ["--log-dir", str(folder / "logs"), "--redirects", "3"]
    meeting = ["--rdzv-backend", "c10d", "--rdzv-id", "7", "--rdzv-endpoint", f"{HOSTS[0]}:29500"]
    place = ["--rdzv-conf", f"is_host={int(first)}", "--local-addr", HOSTS[0 if first else 1]]
    return subprocess.Popen(
        ["ip", "netns", "exec", name, *command, *meeting, *place, *script],
        cwd=folder,
        env={**os.environ, "GLOO_SOCKET_IFNAME": end, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def table(folder):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(1001, 4)), columns=list("abcd")).round(3)
    rows["y"] = (rows.a * rows.b + 0.1 * rng.normal(size=1001)).round(3)
    folder.mkdir()
    rows.to_csv(folder / "t.csv", index=False)


def said(folder, stream):
    (file,) = (folder / "logs").glob(f"*/attempt_0/0/{stream}.log")
    return file.read_text()


@pytest.mark.skipif(why_not() is not None, reason=why_not() or "")
def test_two_machines_without_a_common_disk_do_one_job_together(tmp_path):
    """Each has a folder of its own with the data; one of them, whichever is first, gets what is written."""
    places = [tmp_path / "one", tmp_path / "two"]
    words = ["-m", "netwright", "fit", "t.csv", "--target", "y", "--net", "mlp", "--no-references"]
    for place in places:
        table(place)
    with two_hosts() as hosts:
        jobs = [
            torchrun(name, end, [*words, "--out", "job"], place)
            for (name, end), place in zip(hosts, places, strict=True)
        ]
        ended = [job.communicate(timeout=SECONDS)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], "\n".join(ended)
    first, second = sorted(places, key=lambda place: not (place / "job").exists())
    assert sorted(path.name for path in second.iterdir()) == ["logs", "t.csv"]
    assert "report  job/report.html" in said(first, "stdout")
    assert said(second, "stdout") == ""
    assert "netwright" not in said(second, "stderr")
    model, _ = load_job(first / "job")
    alone = fit_job(first / "t.csv", "y", model=nets.mlp, references=False).model
    ours, theirs = (job.record_.epochs[:EPOCHS] for job in (model, alone))
    assert len(ours) == EPOCHS
    for one, other in zip(ours, theirs, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
