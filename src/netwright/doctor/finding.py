"""A finding: one thing that is wrong, or worth knowing, with the numbers that prove it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from netwright.doctor.observe.places import Line

Severity = Literal["error", "warning", "info"]
ORDER: dict[str, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Place:
    """Where it is.

    Args:
        module: name of the part of the network, such as "model.hidden"; None where it is in no part.
        line: of the user's code, None where it is not known.

    Example:
        >>> Place("model.hidden").as_json()
        {'module': 'model.hidden', 'file': None, 'line': None}
    """

    module: str | None = None
    line: Line | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        file, number = (self.line.file, self.line.number) if self.line else (None, None)
        return {"module": self.module, "file": file, "line": number}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Args:
        kind: a word of `netwright.doctor.kinds.KINDS`.
        severity: "error" where the training cannot be right, "warning" where harm was measured, "info" for
            what is unusual without harm shown.
        message: one sentence, with the most telling number in it.
        where: part of the network and line of the script.
        evidence: numbers by name, plain values.
        remedy: what to do, in one sentence.
        explains: kinds that this one causes, beyond what the table of causes says.
        explained_by: the kind of the root that causes this one; empty for a root.

    Example:
        >>> Finding("lr_too_high", "warning", "The loss rises at a rate of 10.").reason
        (36,)
    """

    kind: str
    severity: Severity
    message: str
    where: Place = Place()
    evidence: dict[str, Any] = field(default_factory=dict)
    remedy: str = ""
    explains: tuple[str, ...] = ()
    explained_by: str = ""

    @property
    def reason(self) -> tuple[int, ...]:
        """Which of the 37 reasons it is."""
        from netwright.doctor.kinds import KINDS

        return KINDS[self.kind].reasons

    @property
    def is_alarm(self) -> bool:
        """Whether it counts: an error or a warning that nothing else explains."""
        return self.severity != "info"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        from netwright.doctor.kinds import KINDS

        return {
            "kind": self.kind,
            "severity": self.severity,
            "message": self.message,
            "where": self.where.as_json(),
            "evidence": self.evidence,
            "remedy": self.remedy,
            "reason": list(self.reason),
            "source": KINDS[self.kind].source,
            "explained_by": self.explained_by or None,
        }
