"""A diagnosis: all findings of one examination, roots first, and how they were come by."""

import json
from dataclasses import dataclass, field
from typing import Any

from netwright.doctor.finding import Finding
from netwright.doctor.kinds import KINDS


@dataclass(frozen=True)
class Diagnosis:
    """What an examination found.

    Args:
        findings: roots first, then what follows from them, then information.
        runtime: what is known of the run: seconds, steps, scores beside references, curves, what was tried.

    Example:
        >>> Diagnosis([Finding("lr_too_high", "warning", "A rate of 10 is too high.")]).verdict
        'A rate of 10 is too high.'
        >>> Diagnosis([]).healthy
        True
    """

    findings: list[Finding]
    runtime: dict[str, Any] = field(default_factory=dict)

    @property
    def alarms(self) -> list[Finding]:
        """Errors and warnings."""
        return [finding for finding in self.findings if finding.is_alarm]

    @property
    def healthy(self) -> bool:
        """Whether there is no error and no warning."""
        return not self.alarms

    @property
    def verdict(self) -> str:
        """The root in one sentence."""
        if self.alarms:
            return self.alarms[0].message
        if not self.runtime.get("steps"):
            return "No training was seen: no optimizer took a step."
        return "Nothing is wrong with this training as far as was looked."

    @property
    def reasons(self) -> dict[int, str]:
        """Each of the 37 reasons -> "found", "checked" or "not applicable"."""
        found = {number for finding in self.alarms for number in finding.reason}
        checked = {number for kind in self.runtime.get("checked", ()) for number in KINDS[kind].reasons}
        return {
            number: "found" if number in found else "checked" if number in checked else "not applicable"
            for number in range(1, 38)
        }

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "verdict": self.verdict,
            "findings": [finding.as_json() for finding in self.findings],
            "reasons": self.reasons,
            "runtime": self.runtime,
        }

    def write(self) -> str:
        """Return it as the text of a JSON file."""
        return json.dumps(_plain(self.as_json()), indent=1, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """The value with words in place of numbers that JSON has not."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    return value if isinstance(value, int | str | type(None)) else str(value)
