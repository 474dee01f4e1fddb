"""Which trainings of a program are judged: of several tried in turn the best one, of players each."""

from netwright.doctor.case.case import Case


def judged_cases(cases: list[Case]) -> list[Case]:
    """Return the cases that say whether the program is well.

    Networks of one class that were trained one after the other are tries, folds or members of an ensemble:
    the one with the lowest loss at its end stands for them. What was trained at the same time, such as the
    two players of a GAN, is judged each.

    Args:
        cases: in the order of their first steps.
    """
    chosen: list[Case] = []
    for case in cases:
        rival = next((one for one in chosen if _successive(one, case)), None)
        if rival is None:
            chosen.append(case)
        elif _end_loss(case) <= _end_loss(rival):
            chosen[chosen.index(rival)] = case
    return chosen


def _successive(one: Case, other: Case) -> bool:
    if type(one.network) is not type(other.network) or one.task.loss != other.task.loss:
        return False
    if one.network is None or one.network is other.network or _shapes(one) != _shapes(other):
        return False
    return one.trainee.history.seconds[-1] <= other.trainee.history.seconds[0]


def _shapes(case: Case) -> list[tuple[int, ...]]:
    return [tuple(one.shape) for one in case.network.parameters()] if case.network is not None else []


def _end_loss(case: Case) -> float:
    last = case.trainee.history.loss[-20:]
    mean = sum(last) / len(last)
    return mean if mean == mean else float("inf")
