"""Processes that decode pictures, watched by the process that learns: none of them can hold it up."""

import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from netwright.core.errors import ImageError
from netwright.data.images.decoding import name_of
from netwright.data.images.decoding_worker import HEAD, SHAPE
from netwright.data.images.fitting import Fit

COMMAND = (sys.executable, "-m", "netwright.data.images.decoding_worker")
CHUNK = 1 << 20
MOMENT = 1.0
"""Seconds after which it is looked again at how long has been waited."""


class _EndedError(Exception):
    """A worker that ended, or was ended since it took too long."""

    def __init__(self, how: str, *, late: bool) -> None:
        super().__init__(how)
        self.how, self.late = how, late


@final
class DecodingPool:
    """Decodes pictures in processes of their own.

    Use it through `ImageFiles(processes=True)`, where files come from strangers or over a network: a file
    that crashes its decoder, or keeps it waiting for ever, becomes an error that names the file. A worker
    that ended is replaced, and its file tried once more, for it may have ended for other reasons. Workers are
    started by a command, so that nothing of this process, such as its threads, is copied into them, and a
    script that uses them needs no guard.

    Args:
        patience: seconds that one picture may take.
        command: that starts a worker.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = Path(tempfile.mkdtemp()) / "a.png"
        >>> Image.new("L", (6, 4), 9).save(path)
        >>> pool = DecodingPool()
        >>> pool.decode(path, size=(4, 6), channels=1, fit="stretch").shape
        torch.Size([1, 4, 6])
        >>> pool.close()
    """

    def __init__(self, patience: float = 60.0, command: Sequence[str] = COMMAND) -> None:
        self.patience, self.command = patience, tuple(command)
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def decode(
        self, path: str | Path, *, size: tuple[int, int] | None, channels: int, fit: Fit
    ) -> UInt8[Tensor, "channels height width"]:
        """Return a picture as `decoding.decode` does; as many threads may ask as there shall be workers.

        Args:
            path: of the file.
            size: height and width; None for its own.
            channels: 1 or 3.
            fit: as in `read_images`.

        Raises:
            ImageError: naming the file, when it is damaged, crashes its decoder, or takes too long.
        """
        wish = {"path": str(path), "size": size, "channels": channels, "fit": fit}
        line = json.dumps(wish).encode() + b"\n"
        try:
            return self._ask(line)
        except _EndedError as first:
            if first.late or self._closed:
                raise self._error(path, first) from None
        try:
            return self._ask(line)
        except _EndedError as second:
            raise self._error(path, second) from None

    def close(self) -> None:
        """End all workers, also those that are busy: whoever waits for them gets an error."""
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.process.kill()  # who waits for it then lets it go
        while not self._idle.empty():
            self._let_go(self._idle.get())

    def _ask(self, line: bytes) -> Tensor:
        worker = self._take()
        try:
            answer = worker.answer(line, self.patience)
        except ImageError:
            self._idle.put(worker)
            raise
        except BaseException:
            self._let_go(worker)
            raise
        self._idle.put(worker)
        return answer

    def _let_go(self, worker: "_Worker") -> None:
        with self._lock:
            self._all.discard(worker)
        worker.end()

    def _take(self) -> "_Worker":
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        with self._lock:
            if self._closed:
                raise _EndedError("was told to end", late=False)
            worker = _Worker(self.command)
            self._all.add(worker)
            return worker

    def _error(self, path: str | Path, end: _EndedError) -> ImageError:
        if end.late:
            came = f"nothing for {self.patience:g} seconds"
            mend = "see whether its disk or network answers, or leave the file out"
            return ImageError(f"{name_of(path)} must be read in time", came, mend)
        came = f"a decoder that {end.how}"
        return ImageError(f"{name_of(path)} must be decoded", came, "save it anew, or leave it out")


class _Worker:
    """One process, asked one file at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        where = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        self.process = subprocess.Popen(  # noqa: S603  (our own command)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": where, "OMP_NUM_THREADS": "1"},
        )
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        self.asks, self.hears = self.process.stdin.fileno(), self.process.stdout.fileno()
        self.poll, self.left = select.poll(), 0.0
        self.poll.register(self.hears, select.POLLIN)

    def answer(self, line: bytes, patience: float) -> Tensor:
        self.left = patience
        try:
            os.write(self.asks, line)
        except OSError:
            raise self._ended() from None
        is_error, length = HEAD.unpack(self._read(HEAD.size))
        data = self._read(length)
        if is_error:
            raise ImageError(*json.loads(data))
        shape = SHAPE.unpack_from(data)
        return torch.from_numpy(np.frombuffer(data, np.uint8, offset=SHAPE.size).reshape(shape))

    def end(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        try:
            self.process.wait(MOMENT)
        except subprocess.TimeoutExpired:  # it waits for a disk, where no signal reaches it
            return

    def _read(self, length: int) -> bytearray:
        data = bytearray()
        while len(data) < length:
            if not self._waits_well():
                continue
            part = os.read(self.hears, min(CHUNK, length - len(data)))
            if not part:
                raise self._ended()
            data += part
        return data

    def _waits_well(self) -> bool:
        """Wait a moment for something to read; a moment in which the machine stood still counts as one."""
        start, moment = time.monotonic(), min(self.left, MOMENT)
        if self.poll.poll(1000 * moment):
            return True
        self.left -= min(max(time.monotonic() - start, moment), MOMENT)
        if self.left <= 0:
            raise _EndedError("took too long", late=True)
        return False

    def _ended(self) -> _EndedError:
        try:
            code = self.process.wait(MOMENT)
        except subprocess.TimeoutExpired:
            return _EndedError("closed its answers", late=False)
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return _EndedError(how, late=False)


def end_all(pool: DecodingPool | None, threads: Any) -> None:
    """End the processes of a pool and the threads that ask them.

    Args:
        pool: or None.
        threads: an executor.
    """
    if pool is not None:
        pool.close()
    threads.shutdown(wait=False, cancel_futures=True)
