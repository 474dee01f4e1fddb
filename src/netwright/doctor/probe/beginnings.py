"""Remedies for how a network begins: first weights, or those of the last layer, as PyTorch draws them."""

from collections.abc import Iterator

from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.checks.first_loss import TIMES, first_loss
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.remedies import Remedy
from netwright.doctor.probe.training import Change

ENDS = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
FAR_OFF = 10.0
"""Times the usual deviation of first weights, or the loss of knowing nothing."""


def far_off(case: Case) -> list[Remedy]:
    """Return the remedies for a beginning that is so far off that they are tried in any case.

    Args:
        case: whose.
    """
    weights = [one for one in first_weights(case) if one.evidence["deviation over PyTorch's"] > FAR_OFF]
    answers = [
        one
        for one in last_layer_anew(case)
        if one.evidence["first loss"] > FAR_OFF * one.evidence["of knowing nothing"]
    ]
    return weights + answers


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


def first_weights(case: Case) -> Iterator[Remedy]:
    """Return the first weights as PyTorch draws them, where those of a layer are five times off.

    Args:
        case: whose.
    """
    off = []
    for module in case.modules:
        entry = case.facts.initial.get(id(module))
        for name, part in (entry[1] if entry else module).named_modules():
            off += [(name, ratio) for ratio in _spreads(part) if not 0.2 < ratio < 5.0]
    if off:
        name, ratio = max(off, key=lambda one: abs(one[1] - 1))
        yield Remedy(
            "bad_init",
            Change(prepare=_begin_anew),
            "the first weights as PyTorch draws them",
            "Leave the initial weights to the layers, or draw them by He's or Glorot's rule.",
            {"layer": name, "deviation over PyTorch's": ratio},
        )


def _spreads(part: nn.Module) -> list[float]:
    """The deviation of each matrix of a layer over that of PyTorch's own first weights."""
    if isinstance(part, nn.RNNBase):
        matrices: list[tuple[Tensor, int]] = [
            (one, part.hidden_size) for one in part.parameters() if one.ndim == 2
        ]
    elif isinstance(part, nn.Linear | nn.Conv1d | nn.Conv2d):
        matrices = [(part.weight, part.weight[0].numel())]
    else:
        return []
    return [
        float(one.detach().double().std()) * (3 * inputs) ** 0.5
        for one, inputs in matrices
        if one.numel() >= 16
    ]


def _begin_anew(copies: Copies) -> None:
    for module in copies.modules.values():
        for part in module.modules():
            reset = getattr(part, "reset_parameters", None)
            if callable(reset) and isinstance(
                part, nn.Linear | nn.Conv1d | nn.Conv2d | nn.RNNBase | nn.Embedding
            ):
                reset()
