"""`netwright compendium`: list the techniques that netwright knows."""

from typing import Annotated

import typer


def compendium(
    words: Annotated[
        list[str] | None, typer.Argument(help="Words to look for; all techniques without.")
    ] = None,
    room: Annotated[str | None, typer.Option(help="Only this room, such as layers or tabular.")] = None,
) -> None:
    """List the techniques that work, each with its object, its source and its proof."""
    from netwright.compendium import rows, search

    found = [
        row
        for row in (search(" ".join(words)) if words else rows())
        if room is None or row.object.split(".")[1] == room
    ]
    for row in found:
        typer.echo(f"{row.technique}\n  {row.object}\n  {row.source}\n  proof: {row.proof}")
    if not found:
        typer.echo("no technique of that name; netwright compendium lists them all", err=True)
        raise typer.Exit(1)
