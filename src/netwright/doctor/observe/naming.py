"""What the user calls a network: the name of a variable or attribute that holds it."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from torch import nn

from netwright.doctor.observe.places import is_own


def variable_of(module: nn.Module) -> str:
    """Return the name of a variable in the calling code that holds a network, or of its class.

    The user's own code is asked before the libraries that it calls.

    Args:
        module: that is called.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> variable_of(model)
        'model'
    """
    frames = list(_frames())
    own = [one for one in frames if is_own(one.f_code.co_filename)]
    for frame in (*own, *frames):
        for scope in (frame.f_locals, frame.f_globals):
            if name := _name_in(scope, module):
                return name
    return type(module).__name__


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _name_in(scope: dict[str, Any], module: nn.Module) -> str:
    for name, value in list(scope.items()):
        if value is module and name not in ("self", "module") and not name.startswith("_"):
            return name
    owned = getattr(scope.get("self"), "__dict__", {})
    return next((name for name, value in list(owned.items()) if value is module), "")
