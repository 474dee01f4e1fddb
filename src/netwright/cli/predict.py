"""`netwright predict`: predict the rows of a table, or pictures."""

from pathlib import Path
from typing import Annotated

import typer


def predict(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="What `netwright fit` wrote.")],
    file: Annotated[
        list[Path] | None,
        typer.Argument(
            help="The rows, in the columns of training; or pictures: files, a folder, arrays. A forecaster "
            "goes on from the end of newer rows, or without a file from the end of training."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the predictions; without it they go to stdout as CSV.")
    ] = None,
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Pass over columns that training did not know.")
    ] = False,
    image: Annotated[
        str | None, typer.Option(help="The column of paths, where a table names the pictures.")
    ] = None,
) -> None:
    """Predict the rows of a table, or pictures: one line each, with probabilities where there are classes.

    A model of series gives the steps ahead, with the ends of their bands.
    """
    from netwright.workbench import predict as run

    if not file and not _forecasts(folder):
        from netwright.cli.app import MissingWord

        raise MissingWord("Missing argument 'file'", context)
    names = [str(one) for one in file or ()]
    data = names if len(names) > 1 else names[0] if names else None
    predicted = run(folder, data, out=out, ignore_extra=ignore_extra, image=image)
    if out is None:
        typer.echo(predicted.to_csv(index=False), nl=False)
    else:
        typer.echo(f"{len(predicted):,} predictions in {out}")


def _forecasts(folder: Path) -> bool:
    """Whether a job's model goes on without rows."""
    from netwright.core.errors import ModelError
    from netwright.workbench import info

    try:
        return info(folder).task == "forecast"
    except ModelError:
        return False
