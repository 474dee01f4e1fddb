"""`netwright fit`: train a net on a table."""

import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from netwright.workbench import FittedJob


class Net(enum.StrEnum):
    """The nets that the command line offers for tables."""

    tabm = "tabm"
    mlp = "mlp"
    selu = "selu"


class Task(enum.StrEnum):
    """What the target asks for."""

    auto = "auto"
    classification = "classification"
    binary = "binary"
    multiclass = "multiclass"
    regression = "regression"


def fit(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, Parquet, Feather or JSON lines, also gzipped.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the model and the report.  [default: runs/NAME OF THE FILE]"),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="A column that the net must not see; may be given again.")
    ] = None,
    net: Annotated[Net, typer.Option(help="The kind of net.")] = Net.tabm,
    task: Annotated[Task, typer.Option(help="What the target asks for.")] = Task.auto,
    test_size: Annotated[float, typer.Option(help="Share of the rows held out for the scores.")] = 0.2,
    group: Annotated[
        str | None, typer.Option(help="Column whose groups stay together in every split.")
    ] = None,
    time: Annotated[str | None, typer.Option(help="Column by which the latest rows are held out.")] = None,
    time_limit: Annotated[
        str | None, typer.Option(help="For the whole job: seconds, or 90s, 5m, 1h.")
    ] = None,
    references: Annotated[bool, typer.Option(help="Compare with other models.")] = True,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of everything that is drawn.")] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress; it shows on terminals alone.")
    ] = False,
) -> None:
    """Train a net on a table, judge it on rows it has not seen, and write the model and a report.

    Ctrl-C stops the training, keeps the best state and still writes the report.
    """
    from netwright.workbench import fit as run
    from netwright.workbench import nets

    folder = out or Path("runs") / file.name.split(".")[0]
    job = run(
        str(file),
        target,
        out=folder,
        model={Net.tabm: nets.tabm, Net.mlp: nets.mlp, Net.selu: nets.self_normalising}[net],
        exclude=exclude or (),
        task=task.value,
        test_size=test_size,
        group=group,
        time=time,
        time_limit=None if time_limit is None else read_seconds(time_limit),
        references=references,
        seed=seed,
        say=_say if sys.stderr.isatty() and not quiet else None,
    )
    show(job)
    typer.echo(f"\nreport  {folder / 'report.html'}\nmodel   {folder / 'model'}")


def read_seconds(text: str) -> float:
    """Return the seconds that a text such as 90, 90s, 5m or 1h stands for.

    Args:
        text: a positive number with or without a unit.

    Raises:
        InputError: when it is something else.

    Example:
        >>> read_seconds("5m")
        300.0
    """
    from netwright.core.errors import InputError

    number, unit = (text[:-1], text[-1]) if text[-1:] in "smh" else (text, "s")
    try:
        seconds = float(number) * {"s": 1, "m": 60, "h": 3600}[unit]
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise InputError("--time-limit must be a time", repr(text), "write 90, 90s, 5m or 1h")
    return seconds


def show(job: "FittedJob") -> None:
    """Print the scores of the net beside the references, and the verdict.

    Args:
        job: finished.
    """
    from rich.console import Console
    from rich.table import Table

    from netwright.metrics import SCORE_TABLE

    table = Table(box=None, pad_edge=False, title="held-out rows", title_justify="left", title_style="bold")
    table.add_column("")
    panels = job.note.scores
    for model in panels:
        table.add_column(model, justify="right", style="bold" if model == "net" else None)
    for name in job.scores:
        values = [panel.get(name) for panel in panels.values()]
        table.add_row(SCORE_TABLE[name].label, *("-" if v is None else f"{v:.4f}" for v in values))
    console = Console()
    console.print(table)
    for finding in job.content.findings:
        if finding.severity != "note":
            console.print(f"[yellow]![/] {finding.message} {finding.remedy}", highlight=False)
    console.print(f"\n{job.content.verdict}", highlight=False)


def _say(stage: str) -> None:
    print(stage, file=sys.stderr)
