"""Which line of the user's own code is at work: the innermost one outside of libraries."""

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

_LIBRARIES = tuple(
    {
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        str(Path(__file__).resolve().parents[2]),  # netwright itself, also where it is not installed
    }
)


@dataclass(frozen=True)
class Line:
    """A line of somebody's code.

    Args:
        file: its path.
        number: from 1.

    Example:
        >>> str(Line("train.py", 12))
        'train.py:12'
    """

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


def is_own(file: str) -> bool:
    """Return whether code is the user's: outside of Python's library, installed packages and netwright.

    Args:
        file: that it stands in, as a frame names it.

    Example:
        >>> is_own("/home/me/train.py"), is_own("<frozen runpy>")
        (True, False)
    """
    return not file.startswith("<") and not file.startswith(_LIBRARIES)


def user_line(skip: int = 1) -> Line | None:
    """Return the innermost line outside of Python's library, installed packages and netwright.

    Args:
        skip: frames of the caller that are not looked at.

    Example:
        >>> user_line() is None or isinstance(user_line(), Line)
        True
    """
    frame: FrameType | None = sys._getframe(skip)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_own(file):
            return Line(file, frame.f_lineno)
        frame = frame.f_back
    return None


def forget_own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback that begins with the user's own code.

    Args:
        trace: of an error that a user's script raised under the doctor.
    """
    start = trace
    while start is not None:
        if is_own(start.tb_frame.f_code.co_filename):
            return start
        start = start.tb_next
    return trace
