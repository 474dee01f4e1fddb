"""From many findings to one root: what is caused by something else that was found is marked so."""

from collections.abc import Iterable
from dataclasses import replace

from netwright.doctor.finding import ORDER, Finding
from netwright.doctor.kinds import KINDS


def rooted(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with roots first; effects of a root become information that names it.

    Of one kind in one place only the gravest is kept, the first of equals; likewise of one kind and one text,
    as where a network is called on several lines. A finding that is itself explained explains nothing unless
    its own root is there.

    Args:
        findings: in the order in which they were found, surest first.

    Example:
        >>> first = Finding("diverged", "error", "The loss grows.")
        >>> second = Finding("lr_too_high", "warning", "A rate of 10 is too high.")
        >>> [(one.kind, one.explained_by) for one in rooted([first, second])]
        [('lr_too_high', ''), ('diverged', 'lr_too_high')]
    """
    kept: list[Finding] = []
    seen: set[tuple[object, ...]] = set()
    for one in sorted(findings, key=lambda one: ORDER[one.severity]):
        keys = {(one.kind, one.where.module, one.where.line), (one.kind, one.message)}
        if seen.isdisjoint(keys):
            kept.append(one)
        seen |= keys
    alarms = [one for one in kept if one.is_alarm]
    told = []
    for one in kept:
        root = _root(one, alarms) if one.is_alarm else ""
        told.append(replace(one, severity="info", explained_by=root) if root else one)
    return sorted(told, key=lambda one: (bool(one.explained_by), ORDER[one.severity]))


def _root(finding: Finding, alarms: list[Finding]) -> str:
    """The kind of the alarm from which this one follows, "" where it follows from none."""
    for other in alarms:
        if other.kind == finding.kind or not _explains(other, finding.kind):
            continue
        if _explains(finding, other.kind):  # each could cause the other: the surer one is the root
            if ORDER[other.severity] > ORDER[finding.severity]:
                continue
            if ORDER[other.severity] == ORDER[finding.severity] and alarms.index(finding) < alarms.index(
                other
            ):
                continue
        return other.kind
    return ""


def _explains(finding: Finding, kind: str) -> bool:
    return kind in KINDS[finding.kind].causes or kind in finding.explains
