"""`netwright evaluate`: score a fitted model on rows whose target is known."""

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    folder: Annotated[Path, typer.Argument(help="What `netwright fit` wrote.")],
    file: Annotated[
        Path, typer.Argument(help="Rows with the target, pictures with labels, or series gone on.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Pass over columns that training did not know.")
    ] = False,
    image: Annotated[
        str | None, typer.Option(help="The column of paths, where a table names the pictures.")
    ] = None,
) -> None:
    """Print the loss and the scores of a model on rows whose target is known."""
    import json

    from netwright.metrics import SCORE_TABLE
    from netwright.workbench import evaluate as run
    from netwright.workbench.series.scoring import FORECAST_SCORES

    found = run(folder, str(file), ignore_extra=ignore_extra, image=image)
    if as_json:
        typer.echo(json.dumps({name: value if value == value else None for name, value in found.items()}))
        return
    scores = {**SCORE_TABLE, **FORECAST_SCORES}
    for name, value in found.items():
        label = scores[name].label if name in scores else name
        typer.echo(f"{label:<32} {value:.4f}")
