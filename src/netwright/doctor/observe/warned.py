"""Warnings that functions of torch give while they are watched name the line that they name otherwise."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from netwright.doctor.observe import mode

Show = Callable[..., None]


def located(show: Show) -> Show:
    """Return `warnings.showwarning` with the caller's line in place of the watcher's own.

    A watched function is called by the watcher, and a warning about its caller would name the watcher.

    Args:
        show: as it was.

    Example:
        >>> shown = []
        >>> located(lambda *told: shown.append(told[2:4]))("slow", UserWarning, "train.py", 3)
        >>> shown
        [('train.py', 3)]
    """

    def showwarning(
        message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: str | None = None
    ) -> None:
        if filename == mode.__file__ and (frame := _caller()) is not None:
            filename, lineno, line = frame.f_code.co_filename, frame.f_lineno, None
        whole = Path(filename).absolute()  # as Python names a script's own lines
        show(message, category, str(whole) if whole.is_file() else filename, lineno, file, line)

    return showwarning


def _caller() -> FrameType | None:
    """The frame that called the function which is being watched."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != mode.__file__:
        frame = frame.f_back
    frame = frame.f_back if frame is not None else None
    if frame is not None and frame.f_code.co_name == "handle_torch_function":
        frame = frame.f_back.f_back if frame.f_back is not None else None  # over the function itself
    return frame
