"""What a competitor's own process measures of itself, and how it tells it."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

SPIN = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"


class Clock:
    """Processor seconds (user and system, all threads of this process) and wall seconds of a block."""

    def __enter__(self) -> Self:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.cpu = time.process_time() - self._cpu
        self.wall = time.perf_counter() - self._wall


@contextmanager
def neighbours(n_processes: int) -> Iterator[None]:
    """Keep that many other cores busy during the block."""
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(n_processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def peak_megabytes() -> float:
    """The most memory that this process has held at once: Python, libraries and rows included."""
    status = Path("/proc/self/status")
    if status.exists():  # a child's ru_maxrss on Linux begins with what its parent held
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def tell(**figures: float | str) -> None:
    """Hand the figures to the process that started this one."""
    print(json.dumps({"peak_mb": peak_megabytes(), **figures}), flush=True)
