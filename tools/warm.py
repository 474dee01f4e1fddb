"""Runs short programs in processes that are forked off behind the imports.

Most of the time of a short training goes into importing torch and scikit-learn. A program that is forked from
a process which has imported them does what it would do in an interpreter of its own.
"""

import contextlib
import functools
import importlib.util
import multiprocessing
import os
import random
import runpy
import sys
import tempfile
import time
import traceback
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = (
    "torch",
    "torch._dynamo",
    "torch.utils.data",
    "sklearn.datasets",
    "sklearn.ensemble",
    "sklearn.model_selection",
    "sklearn.neighbors",
    "sklearn.preprocessing",
    "scipy.stats",
    "netwright.doctor.examination",
    "netwright.doctor.observe.doors",
)


@functools.cache
def server() -> ForkServerContext:
    """The context whose processes begin behind the imports; one thread and one hash seed for all."""
    os.environ.update(OMP_NUM_THREADS="1", PYTHONHASHSEED="0")
    context = multiprocessing.get_context("forkserver")
    found = [name for name in PRELOADED if importlib.util.find_spec(name.partition(".")[0])]
    context.set_forkserver_preload(found)
    return context


def run(
    context: ForkServerContext, words: list[str], seed: int, timeout: float, path: list[Path] | None = None
) -> tuple[int, float, str]:
    """Run a script or `-m` a module; its exit code (-1 where it took too long), seconds, and what it printed.

    Args:
        context: from `server`.
        words: as behind `python`.
        seed: in the environment as SEED.
        timeout: seconds.
        path: folders to put in front of `sys.path`.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "printed.txt"
        start = time.perf_counter()
        process = context.Process(target=_run, args=(words, seed, str(out), [str(one) for one in path or ()]))
        process.start()
        process.join(timeout)
        code = process.exitcode
        if code is None:
            _end(process)
            code = -1
        printed = out.read_text(encoding="utf-8", errors="replace") if out.exists() else ""
        return code, time.perf_counter() - start, printed


def _end(process: ForkServerProcess) -> None:
    process.terminate()
    process.join(5)
    if process.is_alive():
        process.kill()
        process.join()


def _run(words: list[str], seed: int, out: str, path: list[str]) -> None:
    """Be the interpreter: in a forked process."""
    to = os.open(out, os.O_WRONLY | os.O_CREAT)
    os.dup2(to, 1)
    os.dup2(to, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 (for as long as the process lives)
    os.environ["SEED"] = str(seed)
    random.seed()
    code = 1
    try:
        sys.path[:0] = path
        if words[0] == "-m":
            sys.argv = words[1:]
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            sys.path[:0] = [str(Path(words[0]).resolve().parent)]
            runpy.run_path(words[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
