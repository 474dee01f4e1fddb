"""The remedy for first answers that are sure and wrong: the last layer as PyTorch draws it."""

from collections.abc import Iterator

from torch import nn

from netwright.doctor.case.case import Case
from netwright.doctor.checks.first_loss import TIMES, first_loss
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.remedies import Remedy
from netwright.doctor.probe.training import Change

ENDS = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d


def last_layer_anew(case: Case) -> Iterator[Remedy]:
    """Return the last layer drawn anew, where the first loss is far above that of knowing nothing.

    Args:
        case: whose.
    """
    told = first_loss(case) if case.task.kind in ("classes", "binary") else None
    if told is None or told[0] <= TIMES * told[1]:
        return
    called = id(case.tape.calls[-1].function)

    def draw(copies: Copies) -> None:
        ends = [part for part in copies.modules[called].modules() if isinstance(part, ENDS)]
        for part in ends[-1:]:
            part.reset_parameters()

    yield Remedy(
        "bad_initial_loss",
        Change(prepare=draw),
        "the last layer as PyTorch draws it",
        "Leave the last layer's first weights as they are drawn, or make them smaller.",
        {"first loss": told[0], "of knowing nothing": told[1]},
    )
