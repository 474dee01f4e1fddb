"""The numbers by which a detector chooses."""

from dataclasses import dataclass
from typing import final

from netwright.core.errors import InputError


@final
@dataclass(frozen=True)
class DetectionRules:
    """How many regions a detector proposes, looks at and reports, and how much they may overlap.

    The defaults are those of the published networks in testing. Small pictures need far fewer proposals.

    Args:
        before: proposals of each map that come to the choice among them.
        proposals: regions that are looked at.
        proposal_overlap: by which proposals may overlap.
        score: probability from which a region is reported.
        overlap: by which reported regions of one class may overlap.
        detections: regions that are reported, at most.
        rounded: whether masks are pasted to whole pixels as torchvision does, up to two pixels too wide.

    Raises:
        InputError: when a number is below one or a share is not from 0 to 1.

    Example:
        >>> DetectionRules(proposals=50).detections
        100

    Source:
        He, Gkioxari, Dollár and Girshick (2017), "Mask R-CNN", arXiv:1703.06870.
    """

    before: int = 1000
    proposals: int = 1000
    proposal_overlap: float = 0.7
    score: float = 0.05
    overlap: float = 0.5
    detections: int = 100
    rounded: bool = False

    def __post_init__(self) -> None:
        for name in ("before", "proposals", "detections"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1", str(getattr(self, name)), "e.g. 100")
        for name in ("proposal_overlap", "score", "overlap"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must be from 0 to 1", str(getattr(self, name)), "e.g. 0.5")
