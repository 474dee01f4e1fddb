"""A bar of progress for what has a loop of its own."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Tell = Callable[[int, str], None]
"""(steps done, values in words) -> None."""


@contextmanager
def progress_bar(title: str, total: int, *, shown: bool) -> Iterator[Tell]:
    """Draw a bar on stderr with the steps done and the time left while the block runs.

    Args:
        title: what stands before the bar.
        total: steps that there are at most.
        shown: whether there is one.

    Example:
        >>> with progress_bar("counting", 3, shown=False) as tell:
        ...     for step in range(3):
        ...         tell(step + 1, "")
    """
    if not shown:
        yield _silent
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[values]}"),
        console=Console(file=sys.stderr),
    )
    task = bar.add_task(title, total=total, values="")

    def tell(done: int, values: str) -> None:
        bar.update(task, completed=done, values=values)

    with bar:
        yield tell


def _silent(_: int, __: str) -> None:
    """Say nothing."""
