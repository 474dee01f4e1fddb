"""What the user calls a network: the name of a variable or attribute that holds it."""

import sys
from typing import Any

from torch import nn


def variable_of(module: nn.Module) -> str:
    """Return the name of a variable in the calling code that holds a network, or of its class.

    Args:
        module: that is called.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> variable_of(model)
        'model'
    """
    frame: Any = sys._getframe(1)
    while frame is not None:
        for scope in (frame.f_locals, frame.f_globals):
            if name := _name_in(scope, module):
                return name
        frame = frame.f_back
    return type(module).__name__


def _name_in(scope: dict[str, Any], module: nn.Module) -> str:
    for name, value in list(scope.items()):
        if value is module and name not in ("self", "module") and not name.startswith("_"):
            return name
    owned = getattr(scope.get("self"), "__dict__", {})
    return next((name for name, value in list(owned.items()) if value is module), "")
