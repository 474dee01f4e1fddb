"""Remedies to try: each a change, the kind it would prove, and what makes it worth a trial."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import Optimizer

from netwright.doctor.case.case import Case
from netwright.doctor.case.penalties import penalties
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.training import Change, is_dropout


@dataclass(frozen=True)
class Remedy:
    """One thing done otherwise.

    Args:
        kind: that is proved where it wins.
        change: what a trial does.
        said: what was changed, in words.
        remedy: what to do.
        evidence: numbers that made it worth a trial.
        unit: the remedy's losses over the program's, for targets of another scale or a mean for a sum.
    """

    kind: str
    change: Change
    said: str
    remedy: str
    evidence: dict[str, Any]
    unit: float = 1.0


def remedies(case: Case) -> Iterator[Remedy]:
    """Return what is worth a trial beside the learning rate, by what can be seen of the program.

    Args:
        case: whose.
    """
    for make in (_clip, _decay, _penalty, _dropout, _inputs, _targets, _reduction, _settings):
        yield from make(case)


def _clip(case: Case) -> Iterator[Remedy]:
    norms = [one for one in case.trainee.history.gradient if one == one and one > 0]
    clip = case.trainee.clip
    median = sorted(norms)[len(norms) // 2] if norms else 0.0  # measured after the cut
    if clip is None or median < 0.9 * clip:
        return
    yield Remedy(
        "clip_too_small",
        Change(clip=float("inf")),
        f"gradients not cut to {clip:g}",
        "Cut gradients at a few times their usual norm, or not at all.",
        {"clip": clip, "usual norm after it": median},
    )


def _decay(case: Case) -> Iterator[Remedy]:
    if case.trainee.optimizer is None:
        return
    decay = max(
        (float(group.get("weight_decay", 0.0)) for group in case.trainee.optimizer.groups), default=0.0
    )
    if decay > 0:
        yield Remedy(
            "weight_decay_too_high",
            Change(settings={"weight_decay": 0.0}),
            f"no weight decay in place of {decay:g}",
            "Take a weight decay between 1e-4 and 1e-2.",
            {"weight decay": decay},
        )


def _penalty(case: Case) -> Iterator[Remedy]:
    if terms := penalties(case.tape):
        yield Remedy(
            "weight_decay_too_high",
            Change(without=terms),
            "no penalty on the weights",
            "Take a smaller factor before the penalty on the weights.",
            {"terms": len(terms)},
        )


def _dropout(case: Case) -> Iterator[Remedy]:
    parts = [part for module in case.modules for part in module.modules()]
    shares = [float(part.p) for part in parts if isinstance(part, _DropoutNd)]
    if shares and max(shares) >= 0.5:
        yield Remedy(
            "dropout_too_high",
            Change(prepare=_less_dropout),
            f"a dropout of {max(shares) / 4:.2g} in place of {max(shares):.2g}",
            "Take a dropout of 0.3 or less.",
            {"largest dropout": max(shares)},
        )


def _less_dropout(copies: Copies) -> None:
    for module in copies.modules.values():
        for part in module.modules():
            if is_dropout(part):
                part.p = float(part.p) / 4  # type: ignore[assignment, arg-type]


def _inputs(case: Case) -> Iterator[Remedy]:
    if case.train is None or not case.train.inputs.is_floating_point():
        return
    rows = case.train.inputs.detach()
    if rows.ndim < 2:
        return
    axes = [0, *range(2, rows.ndim)]
    mean, spread = rows.double().mean(axes, keepdim=True), rows.double().std(axes, keepdim=True)
    if not torch.isfinite(mean).all() or not torch.isfinite(spread).all():
        return
    real = spread.flatten()[spread.flatten() > 0]
    if not len(real):
        return
    ends = torch.quantile(real, torch.tensor([0.1, 0.9], dtype=real.dtype))
    largest, ratio = float(rows.abs().max()), float(ends[1] / ends[0])
    if largest <= 10 and ratio <= 100 and float(real.median()) > 0.02:
        return
    mean, spread = mean.to(rows.dtype), torch.where(spread > 0, spread, 1.0).to(rows.dtype)
    shape = rows.shape[1:]

    def standardised(x: Tensor) -> Tensor:
        return (x - mean) / spread if x.shape[1:] == shape else x

    yield Remedy(
        "unscaled_input",
        Change(inputs=standardised),
        "inputs brought to mean 0 and deviation 1",
        "Standardise the inputs with the mean and deviation of the training rows.",
        {
            "largest input": largest,
            "largest over smallest deviation": ratio,
            "mean": mean.flatten().tolist(),
            "deviation": spread.flatten().tolist(),
        },
    )


def _targets(case: Case) -> Iterator[Remedy]:
    if (
        case.task.kind != "numbers"
        or case.task.reconstructs
        or case.train is None
        or case.train.target is None
    ):
        return
    target = case.train.target.detach().double()
    mean, spread = float(target.mean()), float(target.std())
    if not spread > 0 or not (spread > 10 or spread < 0.01 or abs(mean) > 10 * spread):
        return
    yield Remedy(
        "target_scale",
        Change(targets=lambda y: (y - mean) / spread),
        "targets brought to mean 0 and deviation 1",
        "Standardise the target and turn predictions back, or use TransformedTargetRegressor.",
        {"mean": mean, "deviation": spread},
        spread**-2,
    )


def _reduction(case: Case) -> Iterator[Remedy]:
    if case.train is None or case.loss is None or case.loss.settings.get("reduction") != "sum":
        return
    rows = len(case.tape.constants[case.target_place]) if case.target_place is not None else 0
    if rows > 1:
        yield Remedy(
            "loss_reduction",
            Change(loss=lambda loss: loss / rows),
            f"the mean over {rows} rows in place of the sum",
            "Take reduction='mean', or divide the learning rate by the batch size.",
            {"rows of a batch": rows},
            1 / rows,
        )


def _settings(case: Case) -> Iterator[Remedy]:
    """Adam as it comes, where the program's optimizer was set otherwise than as it comes."""
    if case.trainee.optimizer is None:
        return
    kind = type(case.trainee.optimizer.optimizer)
    group = case.trainee.optimizer.groups[0]
    usual = {"betas": (0.9, 0.999), "eps": 1e-8, "alpha": 0.99, "rho": 0.9, "lr_decay": 0.0}
    odd = {name: group[name] for name, value in usual.items() if name in group and group[name] != value}
    if kind is torch.optim.Adadelta:
        odd.pop("eps", None)
    momentum = float(group.get("momentum", 0.0) or 0.0)
    if momentum >= 0.95:
        odd["momentum"] = momentum
    if odd:
        given = ", ".join(f"{name} {value}" for name, value in odd.items())
        yield Remedy(
            "bad_optimizer_setting",
            Change(settings={name: 0.9 if name == "momentum" else usual[name] for name in odd}),
            f"{kind.__name__} as it comes in place of {given}",
            f"Leave {', '.join(odd)} as they come.",
            {"settings": given},
        )


def other_rate(case: Case, factor: float) -> Remedy | None:
    """Return another learning rate, a multiple of the highest one; None where the script has none.

    Args:
        case: whose.
        factor: below 1 for a lower rate, 10 or more for a higher one.
    """
    if case.trainee.optimizer is None:
        return None
    first = float(case.trainee.optimizer.groups[0].get("lr", 1e-3)) or 1e-3
    highest = max([first, *(one for one in case.trainee.history.learning_rate if one == one)])
    rate = factor * highest
    return Remedy(
        "lr_too_high" if factor < 1 else "lr_too_low",
        Change(rate=factor),
        f"a rate of {rate:.2g} in place of {highest:.2g}",
        f"Take a {'lower' if factor < 1 else 'higher'} learning rate, about {rate:.2g}.",
        {"learning rate": highest, "tried": rate},
    )


def steadier(case: Case) -> Remedy | None:
    """Return a tenth of the last rate, from where the program ended.

    Args:
        case: whose.
    """
    if case.trainee.optimizer is None or not case.trainee.history.learning_rate:
        return None
    first = float(case.trainee.optimizer.groups[0].get("lr", 1e-3)) or 1e-3
    last = case.trainee.history.learning_rate[-1]
    last = last if last == last else first  # steps by hand tell no rate
    return Remedy(
        "lr_too_high",
        Change(fixed=0.1 * last, from_end=True),
        f"a rate of {0.1 * last:.2g} in place of {last:.2g} from the end on",
        f"Let the learning rate fall, or begin with about {0.1 * last:.2g}.",
        {"learning rate": last, "tried": 0.1 * last},
    )


def adam(parameters: list[Tensor], _: dict[str, Any]) -> Optimizer:
    """Return Adam as it comes.

    Args:
        parameters: that learn.
    """
    return torch.optim.Adam(parameters, lr=1e-3)
