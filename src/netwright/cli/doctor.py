"""`netwright doctor`: say why a training does not learn."""

import enum
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer


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
    budget: Annotated[
        float | None,
        typer.Option(help="Seconds for trials and references.  [default: 40 % of the run, 20 at most]"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="End the script after so many epochs.")] = None,
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
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "findings.json"
        command = [sys.executable, "-m", "netwright.doctor.script", "--findings", str(found)]
        command += ["--stage", stage.value, *(["--module"] if module else [])]
        command += [] if budget is None else ["--budget", str(budget)]
        command += [] if epochs is None else ["--epochs", str(epochs)]
        code = _run([*command, script, *(words or ())])
        diagnosis = json.loads(found.read_text()) if found.exists() else None
    if diagnosis is None:
        if not quiet and os.environ.get("RANK", "0") == "0":  # of several processes the first is judged
            typer.echo(f"\nnetwright doctor: the script ended (code {code}) before it was judged", err=True)
        raise SystemExit(code or int(os.environ.get("RANK", "0") == "0"))
    if json_file is not None:
        from netwright.core.files import write_atomically

        write_atomically(json_file, json.dumps(diagnosis, indent=1, ensure_ascii=False))
    if not quiet:
        from netwright.doctor.telling import tell

        typer.echo(f"\nnetwright doctor: {tell(diagnosis)}", err=True)
    raise SystemExit(code or int(_alarms(diagnosis) > 0))


def _run(command: list[str]) -> int:
    """Run the child, which gets Ctrl-C itself; a signal that ends it ends as the shell would say."""
    with subprocess.Popen(command) as child:  # noqa: S603 (the user's own script)
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                continue
            return code if code >= 0 else 128 - code


def _alarms(diagnosis: dict[str, Any]) -> int:
    return sum(finding["severity"] != "info" for finding in diagnosis["findings"])
