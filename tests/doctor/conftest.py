"""The programs of the open suite are run by the doctor's tests, not imported by pytest."""

from collections.abc import Callable

import pytest
import torch

from netwright.doctor.case.budget import Budget
from netwright.doctor.case.case import Case
from netwright.doctor.case.making import make_cases
from netwright.doctor.observe.doors import watching
from netwright.doctor.observe.watcher import Watcher
from netwright.doctor.probe.references import outcome_of

collect_ignore_glob = ["programs/*"]


@pytest.fixture
def watched() -> Callable[..., Case]:
    """Watch a training function, and return its first case, with the outcome where it is asked for."""

    def watch(train: Callable[[], object], *, outcome: bool = False) -> Case:
        torch.manual_seed(0)
        with watching(Watcher()) as watcher:
            train()
        case = make_cases(watcher.facts, Budget(60.0))[0]
        if outcome:
            case.outcome = outcome_of(case)
        return case

    return watch
