"""Pictures decoded in other processes: the same pixels, and no such process holds a run up."""

import gc
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from netwright.core.errors import ImageError
from netwright.data import ImageFiles, read_images
from netwright.data.images.decoding_pool import DecodingPool

N = 12


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for row in range(N):
        picture = rng.integers(0, 256, (9, 7 + row % 3, 3)).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{row:02}.png")
    return sorted(folder.iterdir())


def python(code):
    """A worker of another kind: it reads lines of wishes, and does what the code says."""
    return [sys.executable, "-c", f"import os, sys, time\nfor line in sys.stdin: {code}"]


def ask(pool, path="some.png"):
    return pool.decode(path, size=(4, 4), channels=1, fit="crop")


def workers(files):
    return [worker.process for worker in files._pool._all]


def test_pixels_and_errors_are_those_of_this_process_whatever_ends_a_worker_between(paths, tmp_path):
    torn = tmp_path / "torn.png"
    torn.write_bytes(paths[0].read_bytes()[:60])
    files = ImageFiles([*paths, torn], size=8, channels=3, memory=0, processes=True, n_workers=1)
    whole = read_images(paths, size=8)
    order = torch.randperm(N, generator=torch.Generator().manual_seed(0))
    files.expect(order)
    assert torch.equal(files[order[:5]], whole[order[:5]])
    (process,) = workers(files)
    os.kill(process.pid, signal.SIGKILL)  # as the system does that runs out of memory
    assert torch.equal(files[order[5:]], whole[order[5:]])
    assert workers(files) != [process]
    with pytest.raises(ImageError) as here:
        read_images([torn], size=8, channels=3)
    with pytest.raises(ImageError) as there:
        files[torch.tensor([0, N])]
    assert str(there.value) == str(here.value)
    assert torch.equal(files[torch.tensor([3, 3])], whole[[3, 3]])
    (process,) = workers(files)
    del files, there
    gc.collect()  # an error's traceback holds what raised it in a circle
    assert process.wait(5) == -signal.SIGKILL


def test_a_worker_that_stands_still_is_an_error_in_time_that_names_the_file(paths):
    files = ImageFiles(paths, size=8, channels=3, memory=0, processes=True, n_workers=1, patience=60)
    files[torch.tensor([0])]  # its start is over
    files._pool.patience = 0.3
    (process,) = workers(files)
    os.kill(process.pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(ImageError, match=r"01\.png must be read in time, got nothing for 0\.3 seconds"):
        files[torch.tensor([1])]
    assert time.monotonic() - start < 5
    assert process.poll() == -signal.SIGKILL


def test_a_file_that_crashes_its_decoder_is_tried_twice_and_named():
    pool = DecodingPool(command=python("os.kill(os.getpid(), 11)"))
    with pytest.raises(ImageError, match=r"some\.png must be decoded, got a decoder .* by SIGSEGV; save it"):
        ask(pool)
    pool = DecodingPool(command=python("os._exit(3)"))
    with pytest.raises(ImageError, match="ended with exit code 3"):
        ask(pool)
    assert not pool._all


def test_who_waits_hears_of_the_end():
    """As after Ctrl-C: a thread that waits for a worker does not keep the program from ending."""
    pool, heard = DecodingPool(command=python("time.sleep(99)")), []

    def wait():
        with pytest.raises(ImageError, match=r"some\.png"):
            ask(pool)
        heard.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    end = time.monotonic() + 10
    while not pool._all and time.monotonic() < end:
        time.sleep(0.01)
    pool.close()
    thread.join(10)
    assert heard


def test_time_in_which_the_machine_stood_still_is_not_waiting(monkeypatch):
    """Where everything was stopped, and goes on, the worker has not yet had its time."""
    pool = DecodingPool(patience=30.0, command=python("time.sleep(0.3); os._exit(3)"))
    clock = time.monotonic
    jumps = iter(range(0, 10**9, 1000))
    monkeypatch.setattr("netwright.data.images.decoding_pool.time.monotonic", lambda: clock() + next(jumps))
    with pytest.raises(ImageError, match="exit code 3"):
        ask(pool)
