"""What `netwright fit` says at the end, and which of its words do not go together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from netwright.workbench import FittedJob


def show(job: "FittedJob") -> None:
    """Print the scores of the net beside the references, and the verdict.

    Args:
        job: finished.
    """
    from rich.console import Console
    from rich.table import Table

    told = job.content.comparison.score_info
    table = Table(box=None, pad_edge=False, title="held-out rows", title_justify="left", title_style="bold")
    table.add_column("")
    panels = job.note.scores
    for model in panels:
        table.add_column(model, justify="right", style="bold" if model == "net" else None)
    for name in job.scores:
        values = [panel.get(name) for panel in panels.values()]
        table.add_row(told[name].label, *("-" if v is None else f"{v:.4f}" for v in values))
    console = Console()
    console.print(table)
    for finding in job.content.findings:
        if finding.severity != "note":
            console.print(f"[yellow]![/] {finding.message} {finding.remedy}", highlight=False)
    console.print(f"\n{job.content.verdict}", highlight=False)


def check_words(context: typer.Context, strange: Sequence[str], what: str) -> None:
    """Refuse options that mean nothing where pictures or series are learned.

    Args:
        context: of the command.
        strange: the options, as parameters.
        what: is learned.

    Raises:
        InputError: naming the option.
    """
    from netwright.core.errors import InputError

    for name in strange:
        if str(context.get_parameter_source(name)).endswith("COMMANDLINE"):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"options beside {what} must be ones for {what}", option, "leave it out")
