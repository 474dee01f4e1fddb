"""`netwright embed`: a column of texts becomes a folder that can be searched."""

from pathlib import Path
from typing import Annotated

import typer


def embed(
    file: Annotated[Path, typer.Argument(help="A table: CSV, TSV, Parquet, Feather or JSON lines.")],
    text: Annotated[str, typer.Option("--text", help="The column that holds the texts.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write: new, empty or an older index.")],
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Folder of a sentence transformer; without it words are learned here."),
    ] = None,
    width: Annotated[int, typer.Option("--width", help="Numbers in a vector that is learned.")] = 100,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the texts.")] = 5,
    min_count: Annotated[int, typer.Option("--min-count", help="Rarer words are left out.")] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Of all that is drawn.")] = 0,
) -> None:
    """Make vectors of texts and an index over them; then: netwright search OUT "some words"."""
    from netwright.workbench import embed as run

    told = run(
        file, out, text=text, model=model, width=width, epochs=epochs, min_count=min_count, random_state=seed
    )
    typer.echo(f"{told['rows']:,} texts, {told['width']} numbers each by {told['embedder']}, in {out}")
    for name, why in told["choices"].items():
        typer.echo(f"{name}: {why}")
