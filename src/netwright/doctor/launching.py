"""Scripts that train in several processes: the first one is watched, the others run as they are."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAUNCHERS = frozenset({"torch.distributed.run", "torch.distributed.launch"})
"""Modules that start a script in several processes, as `torchrun` does."""
STOPPED = 3
"""Exit code of a process that the doctor ended early, so that the others do not wait for it."""


def is_first() -> bool:
    """Return whether this is the first of several processes that `torchrun` has started, or the only one.

    Example:
        >>> is_first()
        True
    """
    return os.environ.get("RANK", "0") == "0"


def is_alone() -> bool:
    """Return whether `torchrun` has started no other process beside this one.

    Example:
        >>> is_alone()
        True
    """
    return os.environ.get("WORLD_SIZE", "1") == "1"


def relaunched(words: list[str], options: list[str], own_module: str) -> list[str]:
    """Return a launcher's arguments by which it starts the script through the doctor in each process.

    Args:
        words: of `torchrun`: its own options, the script, and the script's arguments.
        options: of the doctor.
        own_module: that takes the doctor's options, the script and the script's arguments.

    Example:
        >>> relaunched(["--nproc-per-node", "2", "train.py", "--rate", "1"], ["--findings", "x"], "doctor")
        ['--nproc-per-node', '2', '--module', 'doctor', '--findings', 'x', 'train.py', '--rate', '1']
    """
    from torch.distributed.run import get_args_parser

    asked = get_args_parser().parse_args(words)
    head = words[: len(words) - len(asked.training_script_args) - 1]
    flag = [] if asked.module else ["--module"]
    as_module = ["--module"] if asked.module else []
    script = [asked.training_script, *asked.training_script_args]
    return [*head, *flag, own_module, *options, *as_module, *script]


@dataclass(frozen=True)
class Watched:
    """What the first of several spawned processes does under a doctor, and the others without.

    Args:
        function: (rank, ...) -> anything, of the user.
        findings: the file to write.
        stage: "before" or "full".
        budget: seconds, None for the usual.

    Example:
        >>> Watched(print, Path("findings.json"), "full", None)(1, "two")
        1 two
    """

    function: Callable[..., Any]
    findings: Path
    stage: str
    budget: float | None

    def __call__(self, rank: int, *args: Any) -> Any:
        """Call the function, and judge what was seen."""
        from netwright.doctor.observe.doors import is_watched

        if rank or is_watched():
            return self.function(rank, *args)
        return self._judged(rank, *args)

    def _judged(self, *args: Any) -> Any:
        from netwright.doctor.examination import write_findings
        from netwright.doctor.observe.doors import watching
        from netwright.doctor.observe.watcher import Enough, Watcher

        watcher = Watcher(most_steps=3 if self.stage == "before" else None)
        try:
            with watching(watcher):
                return self.function(*args)
        except Enough:
            sys.exit(STOPPED)
        except BaseException as error:
            watcher.facts.crash = f"{type(error).__name__}: {error}"
            raise
        finally:
            write_findings(watcher.facts, self.findings, self.budget, full=self.stage == "full")


@contextmanager
def first_spawned_watched(findings: Path, stage: str, budget: float | None) -> Iterator[None]:
    """Let the first process that `torch.multiprocessing.spawn` starts inside of the block be watched.

    Args:
        findings: the file that it writes.
        stage: "before" or "full".
        budget: seconds, None for the usual.
    """
    import torch.multiprocessing

    module = sys.modules["torch.multiprocessing.spawn"]
    original = module.start_processes

    def start_processes(fn: Any, *args: Any, **kwargs: Any) -> Any:
        return original(Watched(fn, findings, stage, budget), *args, **kwargs)

    owners = [module, torch.multiprocessing]
    for owner in owners:
        owner.start_processes = start_processes  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for owner in owners:
            owner.start_processes = original  # type: ignore[attr-defined]
