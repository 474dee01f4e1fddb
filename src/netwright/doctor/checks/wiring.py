"""Checks of how a network hangs together: input to answer, loss to parameters, parameters to optimizer."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.checks.blind import blind_place
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies


def gradients(case: Case, copies: Copies, most: int = 3) -> dict[int, Tensor | None]:
    """Return the largest absolute gradient of each of the program's parameters over the first steps.

    Args:
        case: whose.
        copies: on which it is computed.
        most: steps.

    Returns:
        Id of the program's own parameter -> its gradient's largest absolute value, None where none came.
    """
    case.set_modes(copies)
    parameters = {
        id(one): twin
        for module in case.modules
        for one, twin in zip(module.parameters(), copies.modules[id(module)].parameters(), strict=True)
        if one.requires_grad
    }
    found: dict[int, Tensor | None] = dict.fromkeys(parameters)
    for tape in case.tapes[:most]:
        loss = case.run(tape, copies).loss.sum()
        if not loss.requires_grad:
            continue
        values = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
        for key, value in zip(parameters, values, strict=True):
            if value is not None:
                value = value.to_dense() if value.is_sparse else value
                largest = value.detach().abs().max()
                known = found[key]
                found[key] = largest if known is None else torch.maximum(known, largest)
    return found


def check_params_in_optimizer(case: Case) -> Iterator[Finding]:
    """M03: every parameter that takes part and asks for a gradient should be known to some optimizer.

    An error when half of the network's weights or more are missing, which no program means.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    if case.network is None or case.trainee.optimizer is None:
        return
    known = {
        id(parameter)
        for trainee in case.facts.trainees
        if trainee.optimizer is not None
        for group in trainee.optimizer.optimizer.param_groups
        for parameter in group["params"]
    }
    learning = [one for module in case.modules for one in module.parameters() if one.requires_grad]
    missing = [one for one in learning if id(one) not in known]
    copies = case.start()
    if not missing or copies is None:
        return
    felt = gradients(case, copies)
    missing = [one for one in missing if (g := felt.get(id(one))) is not None and float(g) > 0]
    if not missing or any(moved(case, one) for one in missing):
        return
    share = sum(one.numel() for one in missing) / max(sum(one.numel() for one in learning), 1)
    names = [case.names.get(id(one), "?") for one in missing]
    yield Finding(
        "params_not_in_optimizer",
        "error" if share >= 0.5 else "warning",
        f"{len(missing)} of {len(learning)} parameters get gradients, but no optimizer knows them "
        f"({100 * share:.0f} % of the weights): they stay as they are.",
        Place(names[0], case.trainee.optimizer.line),
        {"parameters": names[:8], "share of the weights": share},
        "Make the optimizer after the network is complete, with network.parameters().",
    )


def check_parts_registered(case: Case) -> Iterator[Finding]:
    """M03: networks in a plain list or dictionary of another network are unknown to parameters()."""
    for module in case.modules:
        known = {id(one) for one in module.parameters()}
        for name, part in module.named_modules():
            for attribute, value in part.__dict__.items():
                hidden = [
                    one for one in _networks_in(value) if any(id(p) not in known for p in one.parameters())
                ]
                if not hidden or attribute.startswith("_") or _trained(case, hidden):
                    continue
                numbers = sum(p.numel() for one in hidden for p in one.parameters())
                prefix = case.names.get(id(module), "") + (f".{name}" if name else "")
                yield Finding(
                    "params_not_in_optimizer",
                    "error",
                    f"{len(hidden)} networks stand in {prefix}.{attribute}, a plain {type(value).__name__}: "
                    f"parameters() does not know their {numbers:,} weights, and no optimizer moves them.",
                    Place(
                        f"{prefix}.{attribute}",
                        case.trainee.optimizer.line if case.trainee.optimizer else None,
                    ),
                    {"networks": len(hidden), "weights": numbers},
                    "Use nn.ModuleList or nn.ModuleDict.",
                )


def _networks_in(value: object) -> list[nn.Module]:
    if isinstance(value, dict):
        value = list(value.values())
    return [one for one in value if isinstance(one, nn.Module)] if isinstance(value, list | tuple) else []


def _trained(case: Case, hidden: list[nn.Module]) -> bool:
    known = {
        id(parameter)
        for trainee in case.facts.trainees
        if trainee.optimizer is not None
        for group in trainee.optimizer.optimizer.param_groups
        for parameter in group["params"]
    }
    learning = [p for one in hidden for p in one.parameters() if p.requires_grad]
    return not learning or any(id(p) in known for p in learning)


def moved(case: Case, parameter: Tensor) -> bool:
    """Return whether a parameter is not what it was at first.

    Args:
        case: whose.
        parameter: of one of its networks.
    """
    for module, twin in case.facts.initial.values():
        for one, first in zip(module.parameters(), twin.parameters(), strict=False):
            if one is parameter:
                return not torch.equal(one.detach(), first.detach())
    return False


def check_input_connected(case: Case) -> Iterator[Finding]:
    """M01: the answer must depend on the input, before training or at least after it.

    A head or branch that begins at zero gives exact zeros at first and is well; so both ends are looked at.
    Units that are silent by their weights are another matter; so are the layers with new first weights.
    """
    if case.train is None or not case.train.inputs.is_floating_point() or len(case.train) < 2:
        return
    rows = case.train.part(64)
    if bool((rows.inputs == rows.inputs[:1]).all()):
        return
    for copies in (case.start(), case.end(), _anew(case)):
        if copies is None:
            return
        randomise_zero_layers(copies)
        first = case.predict(copies, rows)
        if first is None or not torch.isfinite(first).all() or len(first) != len(rows):
            return
        other = case.predict(copies, rows.take(torch.arange(len(rows)).roll(1)))
        if other is None or not torch.equal(first, other):
            return
    yield Finding(
        "input_disconnected",
        "error",
        "The network gives the same answer, to the last bit, when each row is exchanged for another one.",
        Place(blind_place(case, rows), case.call.line if case.call else None),
        {"rows": len(rows)},
        "Follow the input through forward: somewhere it is overwritten, zeroed or left out.",
    )


def _anew(case: Case) -> Copies | None:
    """The networks with first weights as PyTorch draws them."""
    copies = case.start()
    if copies is not None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for module in copies.modules.values():
                for part in module.modules():
                    if callable(reset := getattr(part, "reset_parameters", None)):
                        reset()
    return copies


def randomise_zero_layers(copies: Copies) -> None:
    """Let what begins at zero pass something on.

    Args:
        copies: of a network, which are changed.
    """
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        for module in copies.modules.values():
            for name, parameter in module.named_parameters():
                if (parameter.ndim != 1 or "bias" not in name) and not bool(parameter.any()):
                    nn.init.normal_(parameter, std=0.1)


def _otherwise(inputs: Tensor) -> Tensor:
    """Other rows of the same kind: of numbers further out, of tokens with their places exchanged as well."""
    if inputs.is_floating_point():
        return inputs.flip(0) * 1.5 + 0.1
    return inputs.flip(tuple(range(inputs.ndim)))


def check_rows_mixed(case: Case) -> Iterator[Finding]:
    """M07: in evaluation mode, the answer to one row must not change with the other rows of the batch."""
    if case.train is None or case.train.others:
        return
    rows = case.train.part(8)
    copies = case.end()
    if copies is None or len(rows) < 4 or case.task.kind == "unknown":
        return
    randomise_zero_layers(copies)
    first = case.predict(copies, rows)
    if first is None or len(first) != len(rows) or not torch.isfinite(first).all():
        return
    size, moved = first.abs().max().clamp(min=1e-12), 0.0
    for kept in (0, len(rows) - 1):  # one way alone would not see what runs from the first row to the last
        changed = rows.take(torch.arange(len(rows)))
        others = torch.arange(len(rows)) != kept
        changed.inputs[others] = _otherwise(changed.inputs[others])
        other = case.predict(copies, changed)
        if other is None:
            return
        moved = max(moved, float((first[kept] - other[kept]).abs().max() / size))
    if moved <= 1e-4:
        return
    yield Finding(
        "batch_mixing",
        "error",
        f"The answer to a row moves by {100 * moved:.3g} % when only the other rows of its batch change.",
        Place(case.name, case.call.line if case.call else None),
        {"relative change": moved},
        "Look for a reshape or view that mixes rows, batch_first, or a softmax or mean over axis 0.",
    )
