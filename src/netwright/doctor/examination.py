"""An examination: from the facts of a run to a diagnosis, exact checks first, trials where they are
needed.
"""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from netwright.core.files import write_atomically
from netwright.doctor.case.budget import Budget
from netwright.doctor.case.case import Case
from netwright.doctor.case.choosing import judged_cases
from netwright.doctor.case.making import make_cases
from netwright.doctor.cause import rooted
from netwright.doctor.checks import AFTER, BEFORE, WITHOUT_CASE
from netwright.doctor.diagnosis import Diagnosis
from netwright.doctor.finding import Finding
from netwright.doctor.observe.facts import Facts
from netwright.doctor.probe.references import outcome_of
from netwright.doctor.probe.tree import trials
from netwright.doctor.runtime import run_told

Check = Callable[[Case], Iterator[Finding]]


def examine_facts(facts: Facts, budget: float | None, *, full: bool = True) -> Diagnosis:
    """Judge what was seen of a run.

    Random streams, modes and weights stay as they are; trials happen on copies.

    Args:
        facts: of the run.
        budget: seconds for everything that takes time; None for the usual, see `default_budget`.
        full: whether to look at the outcome and to try things, rather than at what holds before training.
    """
    with warnings.catch_warnings(), torch.random.fork_rng(), torch.enable_grad():
        warnings.simplefilter("ignore")  # the program has given its own
        torch.manual_seed(0)
        given = default_budget(facts.seconds) if budget is None else budget
        clock = Budget(given, binds=budget is not None)
        findings = [finding for check in WITHOUT_CASE for finding in check(facts)]
        cases = judged_cases(make_cases(facts, clock))
        for case in cases:
            findings += _examine(case, full=full)
        return Diagnosis(rooted(findings), run_told(facts, cases, clock, full=full))


def _examine(case: Case, *, full: bool) -> list[Finding]:
    found = [finding for check in BEFORE for finding in _safely(check, case)]
    if not full:
        return found
    with contextlib.suppress(Exception):  # whatever somebody else's network raises on other rows
        case.outcome = outcome_of(case)
    found += [finding for check in AFTER for finding in _safely(check, case)]
    return found + trials(case, found)


def _safely(check: Check, case: Case) -> list[Finding]:
    """What a check finds; nothing, where the program's own code raises on a copy."""
    state = torch.random.get_rng_state()
    try:
        return list(check(case))
    except Exception:  # whatever somebody else's network raises when it is called in another place
        return []
    finally:
        torch.random.set_rng_state(state)


def write_findings(facts: Facts, file: Path, budget: float | None, *, full: bool = True) -> None:
    """Judge what was seen of a run, and write what was found.

    Args:
        facts: of the run.
        file: to be written, as JSON.
        budget: seconds, None for the usual.
        full: as for `examine_facts`.
    """
    write_atomically(file, examine_facts(facts, budget, full=full).write())


def default_budget(seconds: float) -> float:
    """Return how long an examination may take after a run: 0.4 of its time, from 1.5 to 20 seconds.

    Args:
        seconds: of the run.

    Example:
        >>> default_budget(0.5), default_budget(10.0), default_budget(600.0)
        (1.5, 4.0, 20.0)
    """
    return min(20.0, max(1.5, 0.4 * seconds))
