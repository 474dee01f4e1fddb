"""Two machines, played by two network namespaces with a cable between them."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import nn

import processes
from netwright.core.state import read_state
from netwright.training.distribute import World, average_gradients, part_factor, replicate, share_of

HOSTS = ("10.77.0.1", "10.77.0.2")
SECONDS = 120


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


def on_hosts(hosts, *script, seconds=SECONDS):
    """Run a script under torchrun on both, meeting at the first; return how it ended and what it said."""
    jobs = [torchrun(name, end, script) for name, end in hosts]
    said = [job.communicate(timeout=seconds)[0] for job in jobs]
    return [(job.returncode, words) for job, words in zip(jobs, said, strict=True)]


def torchrun(name, end, script):
    """Start it on one host; the first, which has no name to know it by, is told that all meet there."""
    first = name.endswith("0")
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
    meeting = ["--rdzv-backend", "c10d", "--rdzv-id", "7", "--rdzv-endpoint", f"{HOSTS[0]}:29500"]
    place = ["--rdzv-conf", f"is_host={int(first)}", "--local-addr", HOSTS[0 if first else 1]]
    return subprocess.Popen(
        ["ip", "netns", "exec", name, *command, *meeting, *place, *script],
        env={**os.environ, "GLOO_SOCKET_IFNAME": end, "OMP_NUM_THREADS": "1", "PYTHONPATH": processes.TOOLS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def fit(folder, world):
    """Train on this machine's part of each batch."""
    torch.manual_seed(world.rank)
    layer = nn.Linear(3, 1).double()
    replicate(layer, world)
    return {
        "rank": world.rank,
        "start": {k: v.clone() for k, v in layer.state_dict().items()},
        **train(layer, world),
    }


def train(layer, world):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(101, 3, generator=generator).double()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    losses = []
    for rows in torch.randperm(101, generator=generator).split(16):
        mine = share_of(rows, world)
        loss = (layer(x[mine]) - x[mine].sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        (loss * part_factor(len(rows), world)).backward()
        average_gradients(layer.parameters(), world)
        optimizer.step()
        losses.append(world.sums([loss.item() * len(mine)])[0] / len(rows))
    return {"state": layer.state_dict(), "losses": losses}


@pytest.mark.skipif(why_not() is not None, reason=why_not() or "")
def test_two_machines_train_as_one_process_with_the_whole_batch(tmp_path):
    with two_hosts() as hosts:
        ended = on_hosts(hosts, str(Path(__file__)), "fit", str(tmp_path))
    assert [code for code, _ in ended] == [0, 0], "\n".join(words for _, words in ended)
    answers = [read_state(tmp_path / f"fit-{rank}.state") for rank in range(2)]
    layer = nn.Linear(3, 1).double()
    layer.load_state_dict(answers[0]["start"])
    alone = train(layer, World())
    assert [answer["rank"] for answer in answers] == [0, 1]
    for answer in answers:
        assert answer["losses"] == pytest.approx(alone["losses"], abs=1e-12)
        torch.testing.assert_close(dict(answer["state"]), dict(alone["state"]), atol=1e-12, rtol=0)


processes.main(globals())
