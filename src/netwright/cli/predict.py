"""`netwright predict`: predict the rows of a table."""

from pathlib import Path
from typing import Annotated

import typer


def predict(
    folder: Annotated[Path, typer.Argument(help="What `netwright fit` wrote.")],
    file: Annotated[Path, typer.Argument(help="The rows, in the columns of training.")],
    out: Annotated[
        Path | None, typer.Option(help="File for the predictions; without it they go to stdout as CSV.")
    ] = None,
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Pass over columns that training did not know.")
    ] = False,
) -> None:
    """Predict the rows of a table: one line per row, with probabilities where there are classes."""
    from netwright.workbench import predict as run

    predicted = run(folder, str(file), out=out, ignore_extra=ignore_extra)
    if out is None:
        typer.echo(predicted.to_csv(index=False), nl=False)
    else:
        typer.echo(f"{len(predicted):,} predictions in {out}")
