"""How a process joins the others that torchrun started with it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import count

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from netwright.core.errors import InputError
from netwright.training.distribute.lost import ProcessLost
from netwright.training.distribute.world import World

TIMEOUT = timedelta(minutes=30)
"""How long a process waits for another one that lives; a process that dies is noticed at once."""

SETTLING = 0.1
"""Seconds in which the interpreter is left to the threads of a group that ends."""

_joins = count()


@contextmanager
def join_world(device: torch.device | str = "cpu") -> Iterator[World]:
    """Join the processes that `torchrun` (or SLURM, or Kubernetes) started, for the time of the block.

    Reads what torchrun sets: RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT. Without these, or alone,
    nothing happens; where the program has joined already, its group is used and left as it is.

    Args:
        device: where the network is going to be: "cuda" exchanges by NCCL, everything else by gloo.

    Raises:
        InputError: when the others cannot be met.
        ProcessLost: when the launcher ends this process because another one ended.

    Example:
        >>> with join_world() as world:
        ...     world.size
        1
    """
    if not _was_launched() or dist.is_initialized():
        yield World.current()
        return
    _meet(torch.device(device))
    try:
        with _ends_by_signal(World.current()):
            yield World.current()
    finally:
        _leave()


def _was_launched() -> bool:
    return dist.is_available() and "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def _meet(device: torch.device) -> None:
    """Make the default group, each time under a new name.

    A group that is made again under its old name finds the addresses of the old one and waits for ever
    (pytorch/pytorch#55967).
    """
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    where = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
    try:
        store = PrefixStore(f"netwright/{next(_joins)}", _store())
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            f"process {rank} must meet the other {size - 1} at {where}",
            " ".join(str(error).split())[:160],
            "see that all machines reach that address; on several networks name one: GLOO_SOCKET_IFNAME=eth0",
        ) from error


def _leave() -> None:
    """End the group, and let its threads end what they do.

    A thread of gloo that lets the last message go needs the interpreter for it, and aborts the process when
    that is ending already; divided networks keep the group, and with it the threads, from ending before.
    """
    dist.destroy_process_group()
    time.sleep(SETTLING)


@cache
def _store() -> Store:
    """Return the one place of this process where addresses are exchanged."""
    store: Store = next(rendezvous("env://", timeout=TIMEOUT))[0]
    return store


@contextmanager
def _ends_by_signal(world: World) -> Iterator[None]:
    """Let a SIGTERM raise, so that what is open is closed and a sentence is said before the process ends."""
    listens = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if not listens:
        yield
        return

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise ProcessLost(f"process {world.rank} of {world.size} was told to end, as when another one failed")

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    except ProcessLost:  # it ends anyway, and the launcher's signal must not cut its last words off
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise
    except BaseException:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
