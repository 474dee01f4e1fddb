"""Runs somebody's script unchanged, under a watcher, and writes what was found."""

import argparse
import contextlib
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

from netwright.doctor.observe.places import forget_own_frames


def main(arguments: list[str]) -> int:
    """Run a script or module as `python` would, then judge it; the exit code is the script's own.

    This is what `netwright doctor` starts in a process of its own.

    Args:
        arguments: see `python -m netwright.doctor.script --help`.
    """
    parser = argparse.ArgumentParser(prog="netwright.doctor.script", allow_abbrev=False)
    parser.add_argument("--findings", type=Path, required=True, help="the file to write")
    parser.add_argument("--stage", choices=("before", "full"), default="full")
    parser.add_argument("--budget", type=float, default=None)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--module", action="store_true")
    parser.add_argument("script")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args(arguments)

    from netwright.doctor.observe.doors import watching
    from netwright.doctor.observe.watcher import Enough, Watcher

    watcher = Watcher(most_steps=3 if asked.stage == "before" else None, most_epochs=asked.epochs)
    code = 0
    with watching(watcher):
        try:
            _run(asked.script, asked.words, as_module=asked.module)
        except Enough:
            pass
        except SystemExit as end:
            code = _code(end)
        except KeyboardInterrupt:
            code = 130
        except BaseException as error:  # the script's own, told as Python would tell it
            _tell(error)
            code = 1
            watcher.facts.crash = f"{type(error).__name__}: {error}"
    _write(watcher, asked)
    return code


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


def _write(watcher: Any, asked: argparse.Namespace) -> None:
    from netwright.core.files import write_atomically
    from netwright.doctor.examination import default_budget, examine_facts

    budget = asked.budget if asked.budget is not None else default_budget(watcher.facts.seconds)
    with contextlib.suppress(KeyboardInterrupt):
        diagnosis = examine_facts(watcher.facts, budget, full=asked.stage == "full")
        write_atomically(asked.findings, diagnosis.write())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
