"""Why does this training not learn? Facts of anyone's torch program, checks, trials on copies, one cause."""

from netwright.doctor.diagnosis import Diagnosis
from netwright.doctor.finding import Finding, Place
from netwright.doctor.kinds import KINDS, Kind
from netwright.doctor.telling import tell

__all__ = ["KINDS", "Diagnosis", "Finding", "Kind", "Place", "tell"]
