"""Runs somebody's script unchanged, under a watcher, and writes what was found."""

import argparse
import contextlib
import json
import runpy
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from netwright.doctor.launching import (
    LAUNCHERS,
    STOPPED,
    first_spawned_watched,
    is_alone,
    is_first,
    relaunched,
)
from netwright.doctor.observe.places import forget_own_frames


def main(arguments: list[str]) -> int:
    """Run a script or module as `python` would, then judge it; the exit code is the script's own.

    This is what `netwright doctor` starts in a process of its own. Of several processes that `torchrun`
    starts the first is watched; a launcher starts each of its processes through here.

    Args:
        arguments: see `python -m netwright.doctor.script --help`.
    """
    asked = _parser().parse_args(arguments)
    if asked.module and asked.script in LAUNCHERS:
        asked.words = relaunched(asked.words, _options(asked), "netwright.doctor.script")
        return _ended(asked)[0]
    if not is_first():
        return _ended(asked)[0]

    from netwright.doctor.examination import write_findings
    from netwright.doctor.observe.doors import watching
    from netwright.doctor.observe.watcher import Watcher

    watcher = Watcher(most_steps=3 if asked.stage == "before" else None, most_epochs=asked.epochs)
    spawned = first_spawned_watched(asked.findings, asked.stage, asked.budget)
    with watching(watcher), spawned, _changed(asked.mend):
        code, watcher.facts.crash = _ended(asked)
    if watcher.facts.trainees or not asked.findings.exists():  # else a spawned process has written them
        with contextlib.suppress(KeyboardInterrupt):
            write_findings(watcher.facts, asked.findings, asked.budget, full=asked.stage == "full")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="netwright.doctor.script", allow_abbrev=False)
    parser.add_argument("--findings", type=Path, required=True, help="the file to write")
    parser.add_argument("--stage", choices=("before", "full"), default="full")
    parser.add_argument("--budget", type=float, default=None)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument(
        "--mend", type=Path, help="a file with a change to make, which is told how often it was"
    )
    parser.add_argument("--module", action="store_true")
    parser.add_argument("script")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def _options(asked: argparse.Namespace) -> list[str]:
    """What was asked, without the script, for another process."""
    options = ["--findings", str(asked.findings), "--stage", asked.stage]
    options += [] if asked.budget is None else ["--budget", str(asked.budget)]
    return options + ([] if asked.epochs is None else ["--epochs", str(asked.epochs)])


@contextlib.contextmanager
def _changed(mend: Path | None) -> Iterator[None]:
    """Make a change inside of the block, and note how often it was made."""
    if mend is None:
        yield
        return
    from netwright.doctor.remedy_run import mended

    change = json.loads(mend.read_text(encoding="utf-8"))
    with mended(change) as applied:
        yield
    mend.write_text(json.dumps({**change, "applied": applied.times}), encoding="utf-8")


def _ended(asked: argparse.Namespace) -> tuple[int, str]:
    """Run the script to its end; its exit code, and the error that ended it, "" without."""
    from netwright.doctor.observe.watcher import Enough

    try:
        _run(asked.script, asked.words, as_module=asked.module)
    except Enough:
        return (0 if is_alone() else STOPPED), ""
    except SystemExit as end:
        return _code(end), ""
    except KeyboardInterrupt:
        return 130, ""
    except BaseException as error:  # the script's own, told as Python would tell it
        if _stopped(asked.findings):
            return 0, ""
        _tell(error)
        return 1, f"{type(error).__name__}: {error}"
    return 0, ""


def _stopped(findings: Path) -> bool:
    """Whether the doctor has ended a process that this one had started, which is no fault of the script."""
    return findings.exists() and bool(json.loads(findings.read_text())["runtime"]["stopped"])


def _run(script: str, words: list[str], *, as_module: bool) -> None:
    sys.argv = [script, *words]
    if as_module:
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(script, run_name="__main__", alter_sys=True)
        return
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")


def _code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    print(end.code, file=sys.stderr)
    return 1


def _tell(error: BaseException) -> None:
    error.__traceback__ = forget_own_frames(error.__traceback__)
    traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
