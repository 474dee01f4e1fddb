"""Which line of the user's own code is at work: the innermost one outside of libraries."""

import sys
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
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
_OBSERVE = str(Path(__file__).resolve().parent)


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


@lru_cache(maxsize=4096)
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
    """Return a traceback as it would be without the doctor: from the user's own code on, without the watcher.

    Args:
        trace: of an error that a user's script raised under the doctor.
    """
    frames: list[TracebackType] = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    own = [is_own(one.tb_frame.f_code.co_filename) for one in frames]
    kept: list[TracebackType] = []
    for one in frames[own.index(True) if True in own else 0 :]:
        if not one.tb_frame.f_code.co_filename.startswith(_OBSERVE):
            kept.append(one)
        elif kept and kept[-1].tb_frame.f_code.co_name == "handle_torch_function":
            del kept[-2:]  # by which the function had come to the watcher, which calls it again
    for one, following in zip(kept, [*kept[1:], None], strict=True):
        one.tb_next = following
    return kept[0] if kept else None
