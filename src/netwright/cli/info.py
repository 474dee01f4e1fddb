"""`netwright info`: say what a fitted model is."""

from pathlib import Path
from typing import Annotated

import typer


def info(
    folder: Annotated[Path, typer.Argument(help="What `netwright fit` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a model predicts, from which columns, and how well it did on held-out rows."""
    from netwright.workbench import info as run

    note = run(folder)
    if as_json:
        typer.echo(note.model_dump_json(indent=1))
        return
    used = [name for name in note.columns if name not in note.left_out]
    facts = {
        "target": note.target,
        "task": note.task,
        "classes": ", ".join(note.classes[:20]),
        "columns": ", ".join(used),
        "left out": ", ".join(note.left_out),
        "rows": f"{note.n_rows:,}, of which {note.n_held_out:,} held out",
        "written by": f"netwright {note.netwright}",
    }
    for name, value in facts.items():
        if value:
            typer.echo(f"{name:<12} {value}")
    for model, panel in note.scores.items():
        score = panel.get(note.headline)
        typer.echo(f"{note.headline:<12} {'-' if score is None else f'{score:.4f}'}  {model}")
