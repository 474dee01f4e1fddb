"""The cause tree: which trials are made, one after the other, when a training is not well."""

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding


def trials(case: Case, found: list[Finding]) -> list[Finding]:
    """Try what could have been otherwise, where the training is not well and no exact finding says why.

    Args:
        case: of a training that has ended.
        found: so far.
    """
    return []
