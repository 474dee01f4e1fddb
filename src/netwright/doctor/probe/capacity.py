"""Whether a network can hold what it is given: a few rows that a wider one learns by heart, and it cannot."""

import math

import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.training import Change, train

ROWS, STEPS = 32, 300
RATES = (1e-3, 1e-2)
LEFT, LEARNED = 0.25, 0.05
"""Shares of the constant's loss: more is not learned, less is learned by heart."""
WIDTH = 128
ENDINGS = frozenset({"underfit", "overfit", "collapsed_output", "not_learning", "not_better_than_constant"})
"""What only says how it ended."""


def capacity(case: Case, found: list[Finding]) -> list[Finding]:
    """Compare the network with a wider one on the same 32 rows, both trained with Adam, without dropout.

    A network that is well made learns 32 rows by heart. Where it does not, at no rate, and one hidden layer
    of 128 units does, it is too small, or one of its layers is too narrow.

    Args:
        case: of a training that is not well, and for which nothing else helped.
        found: so far; where something else is wrong with the network, nothing is said of its size.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working";
        Holden (2017), "My Neural Network isn't working! What should I do?", theorangeduck.com
    """
    train_rows = case.train
    if any(one.is_alarm and one.kind not in ENDINGS for one in found):
        return []
    if train_rows is None or train_rows.target is None or not train_rows.inputs.is_floating_point():
        return []
    if case.loss is not None and case.tape.loss not in case.loss.operation.outputs:
        return []  # other terms stand beside the loss
    rows = train_rows.take(torch.arange(min(ROWS, len(train_rows))))
    unit = _unit(case, rows.target)
    case.note_trial("capacity_too_small", f"{len(rows)} rows by heart, beside a wider network", STEPS)
    left = _own(case, unit) if unit > 0 else None
    if left is None or left / unit < LEFT:
        return []
    wide = _surrogate(case, rows.inputs, rows.target)
    if wide is None or wide / unit > LEARNED:
        return []
    widths = hidden_widths(case)
    if not widths:
        return []
    name, width = min(widths, key=lambda one: one[1])
    narrow = [one for _, one in widths if one <= 2 * width]
    kind = "capacity_too_small" if len(narrow) == len(widths) else "bottleneck"
    return [
        Finding(
            kind,
            "warning",
            f"The network cannot learn {len(rows)} rows by heart: {100 * left / unit:.0f} % of the "
            "constant's loss is "
            f"left after {STEPS} steps, and {100 * wide / unit:.1g} % with one layer of {WIDTH} units.",
            Place(name, case.call.line if case.call else None),
            {"left": left / unit, f"left with {WIDTH} units": wide / unit, "narrowest layer": width},
            f"Make {name} wider than {width}.",
        )
    ]


def _own(case: Case, unit: float) -> float | None:
    """The lowest loss on 32 rows of the first batch."""
    found = []
    for rate in RATES:

        def adam(parameters: list[Tensor], _: object, rate: float = rate) -> torch.optim.Optimizer:
            return torch.optim.Adam(parameters, lr=rate)

        change = Change(optimizer=adam, clip=math.inf, same_batch=True, rows=ROWS, prepare=_no_dropout)
        trial = train(case, change, STEPS)
        if trial is None or not 0.2 * unit < trial.before < 5 * unit:
            return None  # the loss is on another scale, or says nothing at first
        if math.isfinite(trial.after):
            found.append(min(trial.after, *trial.losses[-3:]))
    return min(found, default=None)


def _no_dropout(copies: Copies) -> None:
    for module in copies.modules.values():
        for part in module.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.0


def _unit(case: Case, target: Tensor | None) -> float:
    """The loss of the constant answer on these rows."""
    if target is None:
        return math.nan
    if case.task.kind == "classes" and not target.is_floating_point():
        share = torch.bincount(target[target >= 0].flatten()).double()
        share = share[share > 0] / share.sum()
        return -float((share * share.log()).sum())
    if case.task.kind == "numbers" and case.task.loss in ("", "mse_loss"):
        return float(target.double().var(0, unbiased=False).mean())
    return math.nan


def _surrogate(case: Case, inputs: Tensor, target: Tensor | None) -> float | None:
    if target is None:
        return None
    x = inputs.detach().reshape(len(inputs), -1).float()
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    classes = case.task.kind == "classes"
    if classes and target.ndim != 1:
        return None
    outputs = case.task.n_outputs if classes else target[0].numel()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(x.shape[1], WIDTH), nn.ReLU(), nn.Linear(WIDTH, outputs))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    loss = torch.zeros(())
    for _ in range(STEPS):
        optimizer.zero_grad()
        answer = net(x)
        if classes:
            loss = nn.functional.cross_entropy(answer, target)
        else:
            loss = nn.functional.mse_loss(answer, target.float().reshape(answer.shape))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return float(loss.detach())


def hidden_widths(case: Case) -> list[tuple[str, int]]:
    """Return (name, outputs) of the layers with a matrix, all but the last.

    Args:
        case: whose.
    """
    found = []
    for module in case.modules:
        for name, part in module.named_modules():
            if isinstance(part, nn.Linear | nn.RNNBase | nn.Conv1d | nn.Conv2d):
                width = part.hidden_size if isinstance(part, nn.RNNBase) else len(part.weight)
                found.append((f"{case.facts.names.get(id(module), 'network')}.{name}".rstrip("."), width))
    return found[:-1]
