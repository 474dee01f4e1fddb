"""Checks of how a network is made: units alike, layers in one line, the order of steps, the future."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.case.outcome import SURE, better
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.tape import Tape, needed, play


def check_units_differ(case: Case) -> Iterator[Finding]:
    """M05: units of a layer that are equal before and after training have learned as one.

    Layers that begin at zero and come to differ, such as outputs, adapters and residual branches, are well.

    Source:
        Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks",
        https://proceedings.mlr.press/v9/glorot10a.html
    """
    first, last = case.start(), case.end()
    if first is None or last is None or len(case.trainee.history) < 2:
        return
    alike = [
        case.names.get(id(own), "?")
        for module in case.modules
        for own, before, after in zip(
            module.parameters(),
            first.modules[id(module)].parameters(),
            last.modules[id(module)].parameters(),
            strict=True,
        )
        if own.requires_grad and own.ndim > 1 and len(own) > 1 and _units_alike(case, own, before, after)
    ]
    if not alike:
        return
    yield Finding(
        "zero_init",
        "error",
        f"All units of {alike[0].rpartition('.')[0]} are equal, before and after training: they began "
        "alike, so "
        "they get equal gradients and stay alike.",
        Place(alike[0].rpartition(".")[0], case.call.line if case.call else None),
        {"layers": [name.rpartition(".")[0] for name in alike[:8]]},
        "Begin with random weights: leave the layers' own initialisation.",
    )


def _units_alike(case: Case, own: Tensor, *weights: Tensor) -> bool:
    """Whether the rows of a matrix are equal; those of each gate, where it holds several for each unit."""
    name = case.names.get(id(own), "").rpartition(".")[2]
    gates = 1
    if name.startswith(("weight_ih", "weight_hh")):
        owner = next(
            part
            for module in case.modules
            for part in module.modules()
            if any(one is own for one in part.parameters(recurse=False))
        )
        gates = len(own) // int(getattr(owner, "hidden_size", len(own)))
    return all(_rows_alike(block) for weight in weights for block in weight.chunk(gates))


def _rows_alike(weight: Tensor) -> bool:
    flat = weight.detach().flatten(1)
    scale = float(flat.abs().max())
    return bool(((flat - flat[:1]).abs() <= 1e-5 * scale).all())


def check_not_linear(case: Case) -> Iterator[Finding]:
    """M11: several layers that add up like one, f(a + b) - f(a) - f(b) + f(0) = 0.

    A linear model on purpose is well; it is a warning where trees or neighbours certainly beat a linear
    model, and the network does not.
    """
    layers = [
        one
        for module in case.modules
        for one in module.modules()
        if isinstance(one, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)
    ]
    if (
        len(layers) < 2
        or case.train is None
        or not case.train.inputs.is_floating_point()
        or case.train.others
    ):
        return
    copies = case.end()
    rows = case.train.part(64)
    if copies is None or len(rows) < 4 or _departure(case, copies, rows.inputs) > 1e-4:
        return
    outcome = case.outcome
    harmful = False
    if outcome is not None:
        linear = next((one for one in outcome.references if one.name == "linear model"), None)
        others = [one for one in outcome.references if one.name != "linear model"]
        harmful = linear is not None and any(
            better(one, linear) < SURE and better(one, outcome.network) < SURE for one in others
        )
    yield Finding(
        "linear_network",
        "warning" if harmful else "info",
        f"The {len(layers)} layers are one linear map: there is no activation between them.",
        Place(case.name, case.call.line if case.call else None),
        {"layers": len(layers)},
        "Put an activation, such as ReLU, between the layers.",
    )


def _departure(case: Case, copies: Copies, inputs: Tensor) -> float:
    from netwright.doctor.case.rows import Rows

    half = len(inputs) // 2
    a, b = inputs[:half], inputs[half : 2 * half]
    stacked = torch.cat([a + b, a, b, torch.zeros_like(a)])
    answer = case.predict(copies, Rows(stacked))
    if answer is None or len(answer) != 4 * half or not torch.isfinite(answer).all():
        return 1.0
    both, one, other, none = answer.double().chunk(4)
    spread = float((one - none).abs().mean())
    if spread <= 1e-6 * float(answer.abs().max()):  # an answer that stands still is no line
        return 1.0
    return float((both - one - other + none).abs().max()) / max(spread, 1e-12)


def check_order_seen(case: Case) -> Iterator[Finding]:
    """M17: an answer that stays the same when the steps of a sequence are shuffled.

    Information for bags of words; a warning where the network stays below a reference that sees the order.
    """
    if case.train is None or case.train.inputs.ndim not in (2, 3) or case.train.inputs.shape[1] < 3:
        return
    inputs = case.train.inputs
    if inputs.ndim == 2 and inputs.is_floating_point():
        return
    rows, copies = case.train.part(32), case.end()
    if copies is None or (rows.inputs == rows.inputs[:, :1]).all():
        return
    before = case.predict(copies, rows)
    order = torch.randperm(inputs.shape[1], generator=torch.Generator().manual_seed(0))
    rows.inputs = rows.inputs[:, order]
    rows.others = tuple(
        one[:, order] if one.shape[:2] == rows.inputs.shape[:2] else one for one in rows.others
    )
    after = case.predict(copies, rows)
    if before is None or after is None or not torch.allclose(before, after, rtol=1e-3, atol=1e-4):
        return
    poor = case.outcome is not None and case.outcome.poor
    yield Finding(
        "order_blind",
        "warning" if poor else "info",
        "The answers stay the same when the steps of each row are shuffled"
        + (f", and {case.outcome.best.name} does better." if poor and case.outcome else "."),
        Place(case.name, case.call.line if case.call else None),
        {"largest change": float((before - after).abs().max())},
        "Add positions to the steps (a positional encoding), or a recurrent or convolutional layer.",
    )


def check_future_hidden(case: Case) -> Iterator[Finding]:
    """M18: where each target is the next input, the answer at a step must not change with later inputs."""
    steps = _steps(case)
    if steps is None:
        return
    tape, inputs, target = steps
    same = float((target == inputs).double().mean())
    following = float((target[:, :-1] == inputs[:, 1:]).double().mean())
    place = Place(case.name, case.call.line if case.call else None)
    if same > 0.99 and len(torch.unique(inputs)) > 2:
        yield Finding(
            "target_leakage",
            "error" if case.task.kind == "classes" else "warning",
            f"{100 * same:.1f} % of the targets are the very inputs of their steps: there is nothing to "
            "predict.",
            place,
            {"share of targets equal to the input": same},
            "Shift the target: inputs tokens[:-1], targets tokens[1:].",
        )
    elif following > 0.95 and _sees_ahead(case, tape, inputs):
        yield Finding(
            "target_leakage",
            "error",
            "Answers change with inputs of later steps, and each target is the next input: the network sees "
            "what it is to predict.",
            place,
            {"share of targets equal to the next input": following},
            "Mask later steps: a causal mask, or a recurrent layer in one direction.",
        )


def _steps(case: Case) -> tuple[Tape, Tensor, Tensor] | None:
    """The first tape with its tokens and targets, both (rows, steps)."""
    if not case.input_places or case.target_place is None or case.task.kind != "classes":
        return None
    tape = case.tape
    inputs, target = tape.constants[case.input_places[0]], tape.constants[case.target_place]
    if (
        inputs.ndim != 2
        or inputs.is_floating_point()
        or target.numel() != inputs.numel()
        or inputs.shape[1] < 4
    ):
        return None
    return tape, inputs, target.reshape(inputs.shape)


def _sees_ahead(case: Case, tape: Tape, inputs: Tensor) -> bool:
    """Whether answers to the first half of the steps change when the second half does."""
    if case.prediction is None or (copies := case.end()) is None:
        return False
    for module in copies.modules.values():
        module.eval()
    half = inputs.shape[1] // 2
    changed = inputs.clone()
    changed[:, half:] = changed[:, half:].flip(0).roll(1, 1)
    short = Tape(needed(tape.operations, case.prediction), case.prediction, 0.0, tape.constants, tape.weights)
    answers = []
    for rows in (inputs, changed):
        with torch.no_grad():
            answer = play(short, copies.modules, copies.weights, {case.input_places[0]: rows}).loss
        answers.append(_by_step(answer, inputs.shape))
    one, other = answers
    if one is None or other is None:
        return False
    return float((one[:, :half] - other[:, :half]).abs().max()) > 1e-4 * float(one.abs().max())


def _by_step(answer: Tensor, shape: torch.Size) -> Tensor | None:
    """The answer as (rows, steps, vocabulary)."""
    rows, steps = shape
    if answer.ndim == 2 and len(answer) == rows * steps:
        return answer.reshape(rows, steps, -1)
    if answer.ndim == 3 and answer.shape[0] == rows and answer.shape[2] == steps:
        return answer.transpose(1, 2)
    return answer if answer.ndim == 3 and answer.shape[:2] == shape else None
