"""`netwright fit`: train a net on a table, on pictures, or on series."""

import enum
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from netwright.training import World


class Net(enum.StrEnum):
    """The nets that the command line offers for tables."""

    tabm = "tabm"
    mlp = "mlp"
    selu = "selu"


class Duplicates(enum.StrEnum):
    """What becomes of rows of a series that have the same time."""

    error = "error"
    mean = "mean"
    sum = "sum"
    first = "first"
    last = "last"


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

FOR_SERIES = ("horizon", "series", "covariate", "duplicates", "time_zone")
"""What only series have a use for."""

NOT_FOR_PICTURES = ("exclude", "net", "group", "time", "checkpoint_every", *FOR_SERIES)
NOT_FOR_SERIES = ("exclude", "net", "group", "checkpoint_every", "image", "size", "task", "test_size")
"""What pictures, and what series, have no use for."""


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
    time: Annotated[
        str | None, typer.Option(help="Column by which the latest rows are held out; of series, their times.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Forecast the target so many steps ahead; needs --time.")
    ] = None,
    series: Annotated[
        str | None, typer.Option(help="Column that says to which series a row belongs.")
    ] = None,
    covariate: Annotated[
        list[str] | None, typer.Option(help="A column that is known ahead of a forecast; may be given again.")
    ] = None,
    duplicates: Annotated[
        Duplicates, typer.Option(help="What becomes of rows of a series with the same time.")
    ] = Duplicates.error,
    time_zone: Annotated[
        str | None, typer.Option(help="Of the times of a series, such as Europe/Berlin.")
    ] = None,
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
    """Train a net on a table, pictures or series, judge it on rows it has not seen, write model and report.

    With --horizon the target is forecast so many steps of --time ahead, backtested from earlier origins.

    Ctrl-C stops the training, keeps the best state and still writes the report. A job that was cut short, by
    Ctrl-C, a time limit or a crash, goes on with --resume and its folder. Under torchrun all processes train
    together, and the first one speaks and writes.
    """
    from netwright import workbench
    from netwright.cli.app import LOST, is_first
    from netwright.cli.fit_words import check_words, show
    from netwright.core.device import choose_device
    from netwright.training import ProcessLost
    from netwright.training.distribute import join_world, tell_losses

    limit = None if time_limit is None else read_seconds(time_limit, "--time-limit")
    say = _say if sys.stderr.isatty() and not quiet else None
    try:
        with join_world(choose_device()) as world, tell_losses(world, lambda: None):
            if resume is not None:
                folder = resume
                _check_told(context, resume, world)
                job = workbench.resume(folder, time_limit=limit, say=say)
            elif file is not None and workbench.is_pictures(file, image):
                check_words(context, NOT_FOR_PICTURES, "pictures")
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
                    say=say,
                )
            elif horizon is not None:
                check_words(context, NOT_FOR_SERIES, "series")
                file, target = _needed(context, file, target)
                folder = out or Path("runs") / file.name.split(".")[0]
                job = workbench.fit_series(
                    str(file),
                    time=_timed(context, time),
                    target=target,
                    horizon=horizon,
                    series=series,
                    covariates=covariate or (),
                    duplicates=duplicates.value,
                    time_zone=time_zone,
                    out=folder,
                    time_limit=limit,
                    references=references,
                    seed=seed,
                    say=say,
                )
            else:
                check_words(context, FOR_SERIES, "tables without --horizon")
                file, target = _needed(context, file, target)
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
                    checkpoint_every=read_seconds(checkpoint_every, "--checkpoint-every"),
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
    if not job.whole and horizon is None:
        typer.echo(f"\ncut short; to go on: netwright fit --resume {shlex.quote(str(folder))}")


def read_seconds(text: str, option: str = "--time-limit") -> float:
    """Return the seconds that a text such as 90, 90s, 5m or 1h stands for.

    Args:
        text: a positive number with or without a unit.
        option: whose text it is.

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
        raise InputError(f"{option} must be a time", repr(text), "write 90, 90s, 5m or 1h")
    return seconds


def _needed(context: typer.Context, file: Path | None, target: str | None) -> tuple[Path, str]:
    """What only a job that goes on can do without."""
    from netwright.cli.app import MissingWord

    if file is None:
        raise MissingWord("Missing argument 'file'", context)
    if target is None:
        raise MissingWord("Missing option '--target'", context)
    return file, target


def _timed(context: typer.Context, time: str | None) -> str:
    from netwright.cli.app import MissingWord

    if time is None:
        raise MissingWord("Missing option '--time', the column of times", context)
    return time


def _check_told(context: typer.Context, folder: Path, world: "World") -> None:
    """Refuse words beside --resume that contradict what the job was told."""
    from netwright.core.errors import InputError
    from netwright.training.distribute import agreed
    from netwright.workbench.call import Fingerprint
    from netwright.workbench.unfinished import shared_call

    given = {
        name: value
        for name, value in context.params.items()
        if name not in FREE_TO_RESUME and str(context.get_parameter_source(name)).endswith("COMMANDLINE")
    }
    out = given.pop("out", folder)
    if out.absolute() != folder.absolute():
        raise InputError("--out must be the folder that --resume names", str(out), "leave it out")
    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "file": ("data", lambda file: Fingerprint.of(str(file))),
        "net": ("net", NETS.__getitem__),
        "task": ("task", lambda task: task.value),
        "exclude": ("exclude", list),
        "checkpoint_every": ("checkpoint_every", lambda text: read_seconds(text, "--checkpoint-every")),
    }
    told = {}
    call = shared_call(folder, world)
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
