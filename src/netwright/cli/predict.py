"""`netwright predict`: predict the rows of a table, or pictures."""

from pathlib import Path
from typing import Annotated

import typer


def predict(
    folder: Annotated[Path, typer.Argument(help="What `netwright fit` wrote.")],
    file: Annotated[
        list[Path],
        typer.Argument(help="The rows, in the columns of training; or pictures: files, a folder, arrays."),
    ],
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
    """Predict the rows of a table, or pictures: one line each, with probabilities where there are classes."""
    from netwright.core.errors import InputError
    from netwright.workbench import info
    from netwright.workbench import predict as run

    if len(file) > 1 and info(folder).kind == "table":
        raise InputError("a net for tables must be given one file", f"{len(file)}", "predict them in turn")
    data = [str(one) for one in file] if len(file) > 1 else str(file[0])
    predicted = run(folder, data, out=out, ignore_extra=ignore_extra, image=image)
    if out is None:
        typer.echo(predicted.to_csv(index=False), nl=False)
    else:
        typer.echo(f"{len(predicted):,} predictions in {out}")
