"""`netwright doctor`: say why a training does not learn."""

import enum
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

Diagnosis = dict[str, Any]


class Stage(enum.StrEnum):
    """How much is looked at."""

    before = "before"
    full = "full"


def doctor(
    script: Annotated[str, typer.Argument(help="The training script, or with -m a module.")],
    words: Annotated[list[str] | None, typer.Argument(help="The script's own arguments, after --.")] = None,
    module: Annotated[bool, typer.Option("--module", "-m", help="SCRIPT is a module's name.")] = False,
    stage: Annotated[
        Stage, typer.Option(help="before: end the script at its third step, after what needs no training.")
    ] = Stage.full,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the findings.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page that loads nothing.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            help="Seconds for trials and references, and no more.  [default: 40 % of the run, 20 at most; 8 "
            "at least for trials of a training that is not well]"
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="End the script after so many epochs.")] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Run the script a second time with the first remedy that can be applied from outside. Files "
            "that it writes are its own matter: it writes them twice.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing of its own.")] = False,
) -> None:
    """Run a PyTorch training script unchanged, watch it, and say why it does not learn.

    The script prints, draws and ends as it does without; what is tried is tried on copies. The diagnosis
    goes to stderr. The exit code is the script's own where it failed, else 1 when something is wrong and
    0 when not.
    """
    from netwright.core.errors import InputError

    if not module and not Path(script).is_file():
        raise InputError("SCRIPT must be a Python file", script, "name one, or a module with -m")
    if verify and stage is Stage.before:
        raise InputError("--verify needs a whole run", "--stage before", "leave one of them out")
    options = ["--stage", stage.value, *(["--module"] if module else [])]
    options += [] if budget is None else ["--budget", str(budget)]
    options += [] if epochs is None else ["--epochs", str(epochs)]
    run = [script, *(words or ())]
    code, diagnosis = _examined(options, run)
    if diagnosis is None:
        if not quiet and os.environ.get("RANK", "0") == "0":  # of several processes the first is judged
            typer.echo(f"\nnetwright doctor: the script ended (code {code}) before it was judged", err=True)
        raise SystemExit(code or int(os.environ.get("RANK", "0") == "0"))
    if verify:
        diagnosis = {**diagnosis, "verified": _verified(options, run, diagnosis, quiet=quiet)}
    _write(diagnosis, script, json_file, html_file)
    if not quiet:
        from netwright.doctor.telling import tell

        typer.echo(f"\nnetwright doctor: {tell(diagnosis)}", err=True)
    raise SystemExit(code or int(_alarms(diagnosis) > 0))


def _examined(options: list[str], run: list[str]) -> tuple[int, Diagnosis | None]:
    """Run the script under the doctor: its exit code, and the diagnosis where one was made."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "findings.json"
        command = [sys.executable, "-m", "netwright.doctor.script", "--findings", str(found)]
        code = _run([*command, *options, *run])
        return code, json.loads(found.read_text()) if found.exists() else None


def _verified(options: list[str], run: list[str], diagnosis: Diagnosis, *, quiet: bool) -> Diagnosis:
    """Run the script once more with a remedy, where one can be applied, and compare."""
    from netwright.doctor.mending import compared, first_change, unmended

    change = first_change(diagnosis)
    if change is None:
        return unmended(diagnosis)
    if not quiet:
        typer.echo(f"\nnetwright doctor: the script once more, with {change['said']}\n", err=True)
    with tempfile.TemporaryDirectory() as folder:
        mend = Path(folder) / "mend.json"
        mend.write_text(json.dumps(change), encoding="utf-8")
        _, again = _examined([*options, "--mend", str(mend)], run)
        return compared(diagnosis, json.loads(mend.read_text(encoding="utf-8")), again)


def _write(diagnosis: Diagnosis, script: str, json_file: Path | None, html_file: Path | None) -> None:
    if json_file is not None:
        from netwright.core.files import write_atomically

        write_atomically(json_file, json.dumps(diagnosis, indent=1, ensure_ascii=False))
    if html_file is not None:
        from netwright import __version__
        from netwright.doctor.quoting import quote
        from netwright.report import Heading, write_diagnosis

        created = f"{datetime.now():%d %B %Y, %H:%M}".lstrip("0")
        write_diagnosis(quote(diagnosis), Heading(script, created, __version__), html_file)


def _run(command: list[str]) -> int:
    """Run the child, which gets Ctrl-C itself; a signal that ends it ends as the shell would say."""
    with subprocess.Popen(command) as child:  # noqa: S603 (the user's own script)
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                continue
            return code if code >= 0 else 128 - code


def _alarms(diagnosis: Diagnosis) -> int:
    return sum(finding["severity"] != "info" for finding in diagnosis["findings"])
