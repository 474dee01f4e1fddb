"""`netwright fit`: train a net on a table, or on pictures."""

import enum
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from netwright.cli.amounts import read_bytes, read_seconds

if TYPE_CHECKING:
    from netwright.training import World
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


NETS = {Net.tabm: "tabm", Net.mlp: "mlp", Net.selu: "self_normalising"}
"""The functions of `workbench.nets` by their words here."""

FREE_TO_RESUME = ("resume", "quiet", "time_limit")
"""What may stand beside --resume."""

FOR_TABLES = ("exclude", "net", "group", "time")
"""What pictures have no use for."""

FOR_PICTURES = ("size", "memory", "skip_unreadable", "augment")
"""What tables have no use for."""

UNREADABLE: dict[bool, Literal["raise", "skip"]] = {False: "raise", True: "skip"}


def fit(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV, TSV, Parquet, Feather or JSON lines, also gzipped; or pictures: a folder of class "
            "folders or idx files, or an .npz file of arrays X and y."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    image: Annotated[
        str | None, typer.Option(help="The column of paths, where a table names pictures.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=2, help="Pixels to which pictures are brought, along both sides.")
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(help="For pictures, such as 4G; larger ones stay in their files.  [default: a quarter]"),
    ] = None,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Leave pictures out that cannot be read.")
    ] = False,
    augment: Annotated[
        bool, typer.Option("--augment", help="Change pictures in training by what keeps their labels.")
    ] = False,
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
    checkpoint_every: Annotated[
        str, typer.Option(help="Time between two checkpoints: seconds, or 90s, 5m, 1h.")
    ] = "60s",
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the job of this folder; it knows all the rest.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress; it shows on terminals alone.")
    ] = False,
) -> None:
    """Train a net on a table or on pictures, judge it on rows it has not seen, and write model and report.

    Ctrl-C stops the training, keeps the best state and still writes the report. A job that was cut short, by
    Ctrl-C, a time limit or a crash, goes on with --resume and its folder. Under torchrun all processes train
    together, and the first one speaks and writes.
    """
    from netwright import workbench
    from netwright.cli.app import LOST, is_first
    from netwright.core.device import choose_device
    from netwright.training import ProcessLost
    from netwright.training.distribute import join_world, tell_losses

    limit = None if time_limit is None else read_seconds(time_limit, "--time-limit")
    every = read_seconds(checkpoint_every, "--checkpoint-every")
    say = _say if sys.stderr.isatty() and not quiet else None
    try:
        with join_world(choose_device()) as world, tell_losses(world, lambda: None):
            if resume is not None:
                folder = resume
                _check_told(context, resume, world)
                job = workbench.resume(folder, time_limit=limit, say=say)
            elif file is not None and workbench.is_pictures(file, image):
                check_words(context, FOR_TABLES, "pictures")
                folder = out or Path("runs") / file.resolve().name.split(".")[0]
                job = workbench.fit_pictures(
                    str(file),
                    target=target,
                    image=image,
                    size=size,
                    out=folder,
                    task=task.value,
                    test_size=test_size,
                    time_limit=limit,
                    references=references,
                    seed=seed,
                    memory=read_bytes(memory),
                    unreadable=UNREADABLE[skip_unreadable],
                    augment=augment,
                    checkpoint_every=every,
                    say=say,
                )
            else:
                file, target = _needed(context, file, target)
                check_words(context, FOR_PICTURES, "tables")
                folder = out or Path("runs") / file.name.split(".")[0]
                job = workbench.fit(
                    str(file),
                    target,
                    out=folder,
                    model=getattr(workbench.nets, NETS[net]),
                    exclude=exclude or (),
                    task=task.value,
                    test_size=test_size,
                    group=group,
                    time=time,
                    time_limit=limit,
                    references=references,
                    seed=seed,
                    checkpoint_every=every,
                    say=say,
                )
    except KeyboardInterrupt as end:
        raise _interrupted(end) from None
    except ProcessLost as lost:
        typer.echo(f"netwright: {lost}", err=True)
        raise SystemExit(LOST) from None
    if not is_first():
        return
    show(job)
    typer.echo(f"\nreport  {folder / 'report.html'}\nmodel   {folder / 'model'}")
    if not job.whole:
        typer.echo(f"\ncut short; to go on: netwright fit --resume {shlex.quote(str(folder))}")


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


def check_words(context: typer.Context, foreign: Sequence[str], what: str) -> None:
    """Refuse options that mean nothing where other rows are learned.

    Args:
        context: of the command.
        foreign: names of such options.
        what: is learned.

    Raises:
        InputError: naming the option.
    """
    from netwright.core.errors import InputError

    for name in foreign:
        if str(context.get_parameter_source(name)).endswith("COMMANDLINE"):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"options beside {what} must be ones for {what}", option, "leave it out")


def _needed(context: typer.Context, file: Path | None, target: str | None) -> tuple[Path, str]:
    """What only a job that goes on can do without."""
    from netwright.cli.app import MissingWord

    if file is None:
        raise MissingWord("Missing argument 'file'", context)
    if target is None:
        raise MissingWord("Missing option '--target'", context)
    return file, target


def _check_told(context: typer.Context, folder: Path, world: "World") -> None:
    """Refuse words beside --resume that contradict what the job was told."""
    from netwright.core.errors import InputError
    from netwright.training.distribute import agreed
    from netwright.workbench.pictures.fingerprint import fingerprint_of
    from netwright.workbench.unfinished import shared_call

    given = {
        name: value
        for name, value in context.params.items()
        if name not in FREE_TO_RESUME and str(context.get_parameter_source(name)).endswith("COMMANDLINE")
    }
    out = given.pop("out", folder)
    if out.absolute() != folder.absolute():
        raise InputError("--out must be the folder that --resume names", str(out), "leave it out")
    call = shared_call(folder, world)
    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "file": ("data", lambda file: fingerprint_of(call, str(file))),
        "size": ("size", lambda side: [side, side]),
        "memory": ("memory", read_bytes),
        "skip_unreadable": ("unreadable", UNREADABLE.__getitem__),
        "net": ("net", NETS.__getitem__),
        "task": ("task", lambda task: task.value),
        "exclude": ("exclude", list),
        "checkpoint_every": ("checkpoint_every", lambda text: read_seconds(text, "--checkpoint-every")),
    }
    told = {}
    with agreed(world):
        for name, value in given.items():
            field, read = readers.get(name, (name, lambda same: same))
            told[field] = read(value)
        call.check(told)


def _interrupted(end: KeyboardInterrupt) -> BaseException:
    """The end of the process where the job can go on, else what came."""
    from netwright.cli.app import INTERRUPTED, is_first

    notes = getattr(end, "__notes__", ())
    if not notes:
        return end
    if is_first():
        typer.echo(f"netwright: interrupted; {notes[0]}", err=True)
    return SystemExit(INTERRUPTED)


def _say(stage: str) -> None:
    print(stage, file=sys.stderr)
