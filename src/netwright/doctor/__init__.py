"""Why does this training not learn? Facts of anyone's torch program, checks, trials on copies, one cause."""

import importlib
from typing import TYPE_CHECKING, Any

from netwright.doctor.diagnosis import Diagnosis
from netwright.doctor.finding import Finding, Place
from netwright.doctor.kinds import KINDS, Kind
from netwright.doctor.telling import tell

if TYPE_CHECKING:
    from netwright.doctor.callback import Doctor
    from netwright.doctor.loops import Seen, watch
    from netwright.doctor.objects import examine

__all__ = ["KINDS", "Diagnosis", "Doctor", "Finding", "Kind", "Place", "Seen", "examine", "tell", "watch"]

_WITH_TORCH = {"Doctor": "callback", "Seen": "loops", "examine": "objects", "watch": "loops"}
"""Names that open with torch, on first touch: the command tells a diagnosis without it."""


def __getattr__(name: str) -> Any:
    if name in _WITH_TORCH:
        return getattr(importlib.import_module(f"netwright.doctor.{_WITH_TORCH[name]}"), name)
    raise AttributeError(f"netwright.doctor has no {name!r}")
