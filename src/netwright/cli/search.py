"""`netwright search`: search an index by text or by vectors, or measure it."""

from pathlib import Path
from typing import Annotated

import typer


def search(
    folder: Annotated[Path, typer.Argument(help="What `netwright embed` or `Index.save` wrote.")],
    query: Annotated[str | None, typer.Argument(help="The text to look for.")] = None,
    vectors: Annotated[
        Path | None, typer.Option(help="A .npy file of vectors to look for, instead of a text.")
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", help="Rows for each query.")] = 10,
    where: Annotated[
        list[str] | None, typer.Option(help="Only rows that meet it, such as year>=2000; may be given again.")
    ] = None,
    benchmark: Annotated[
        bool,
        typer.Option("--benchmark", help="Measure recall and speed of every structure on these vectors."),
    ] = False,
) -> None:
    """Print the nearest rows, a line each: rank, score, id and text, after its query among several."""
    from netwright.core.errors import InputError
    from netwright.workbench import benchmark_search, read_where
    from netwright.workbench import search as run

    if benchmark:
        typer.echo(benchmark_search(folder, k=k).round(4).to_string(index=False))
        return
    if (query is None) == (vectors is None):
        raise InputError("QUERY or --vectors must be given", "neither, or both", "give one of them")
    table = run(folder, vectors or query or "", k=k, where=read_where(where or []))
    several = table["query"].nunique() > 1
    for line in table.to_dict("records"):
        number = f"{line['query']}\t" if several else ""
        text = f"\t{' '.join(str(line['text']).split())}" if "text" in line else ""
        typer.echo(f"{number}{line['rank']}\t{line['score']:.4f}\t{line['id']}{text}")
