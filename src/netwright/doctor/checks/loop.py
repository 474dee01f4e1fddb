"""Checks of the loop: gradients cleared, steps taken, modes as they should be."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from netwright.doctor.case.case import Case
from netwright.doctor.checks.wiring import gradients
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.facts import EvaluationCall, Facts, parameters_of

FEWEST_STEPS = 3


def check_gradients_cleared(case: Case) -> Iterator[Finding]:
    """T02: at a backward pass that follows a step, the gradients of that step must be gone.

    Looked at bit by bit on one parameter, at up to 24 steps. Who accumulates over several batches clears
    after the step, and is not found here.
    """
    trainee = case.trainee
    if trainee.optimizer is None or trainee.looked < FEWEST_STEPS or trainee.uncleared < 0.9 * trainee.looked:
        return
    yield Finding(
        "missing_zero_grad",
        "error",
        f"Gradients are never cleared: at {trainee.uncleared} of {trainee.looked} steps that were looked at, "
        "those of the step before still stood and the new ones were added.",
        Place(case.name, trainee.optimizer.step_line),
        {"steps looked at": trainee.looked, "uncleared": trainee.uncleared},
        "Call optimizer.zero_grad() before each backward().",
    )


def check_steps_move(case: Case) -> Iterator[Finding]:
    """T03: a step at which no parameter has a gradient moves nothing."""
    trainee = case.trainee
    steps = len(trainee.history)
    if trainee.optimizer is None or steps < FEWEST_STEPS or trainee.empty_steps < 0.9 * (steps - 1):
        return
    if not _reached(case):
        yield Finding(
            "detached_graph",
            "error",
            f"At {trainee.empty_steps} of {steps} steps the optimizer's parameters had no gradient: the "
            "loss does not "
            "reach them.",
            Place(case.name, case.tape.line),
            {"steps": steps, "steps without a gradient": trainee.empty_steps},
            "Look for detach(), no_grad() or another network's parameters between them and the loss.",
        )
        return
    yield Finding(
        "step_order",
        "error",
        f"At {trainee.empty_steps} of {steps} steps there was no gradient, although backward() had run: "
        "it was cleared in between.",
        Place(case.name, trainee.optimizer.step_line),
        {"steps": steps, "steps without a gradient": trainee.empty_steps},
        "Keep the order zero_grad, forward, backward, step.",
    )


def _reached(case: Case) -> bool:
    """Whether a parameter of the optimizer gets a gradient when the first steps are computed again.

    One that has a gradient at the end got it behind the last step.
    """
    own = parameters_of(case.trainee.optimizer.optimizer) if case.trainee.optimizer else []
    if any(one.grad is not None and bool(one.grad.any()) for one in own):
        return True
    copies = case.start()
    if copies is None or case.trainee.optimizer is None:
        return True
    moved = {id(p) for group in case.trainee.optimizer.optimizer.param_groups for p in group["params"]}
    moved -= {id(weight) for tape in case.tapes for weight in tape.weights}
    felt = gradients(case, copies)
    return any(felt.get(key) is not None for key in moved) or bool(case.tape.weights)


def check_steps_taken(facts: Facts) -> Iterator[Finding]:
    """T03: losses are differentiated and an optimizer exists, but no step is ever taken."""
    if facts.trainees or not facts.n_optimizers or facts.unstepped < FEWEST_STEPS:
        return
    yield Finding(
        "step_order",
        "error",
        f"backward() ran {facts.unstepped} times, but the optimizer never took a step.",
        Place(None, facts.lines.get("backward")),
        {"backward passes": facts.unstepped, "steps": 0},
        "Call optimizer.step() after backward().",
    )


def check_every_optimizer_steps(facts: Facts) -> Iterator[Finding]:
    """T03: one of several optimizers never takes a step, or only before its loss is differentiated.

    Its weights have a part in what the others learn from. One whose weights another optimizer moves was
    replaced by it, and is well.
    """
    moved = {
        id(one)
        for trainee in facts.trainees
        if trainee.optimizer is not None
        for one in parameters_of(trainee.optimizer.optimizer)
    }
    for trainee in facts.trainees:
        steps = len(trainee.history)
        if not trainee.tapes and trainee.optimizer and FEWEST_STEPS <= steps <= trainee.empty_steps + 1:
            yield Finding(
                "step_order",
                "error",
                f"At {trainee.empty_steps} of {steps} steps of an optimizer its parameters had no gradient: "
                "no backward pass comes before them.",
                Place(None, trainee.optimizer.step_line),
                {"steps": steps, "steps without a gradient": trainee.empty_steps},
                "Keep the order zero_grad, forward, backward, step.",
            )
    tapes = [tape for trainee in facts.trainees for tape in trainee.tapes[:4]]
    used = {id(one) for tape in tapes for module in tape.modules for one in module.parameters()}
    for optimizer, line in facts.idle if facts.trainees else ():
        own = parameters_of(optimizer)
        if any(id(one) in moved for one in own) or not any(id(one) in used for one in own):
            continue
        numbers = sum(one.numel() for one in own)
        yield Finding(
            "step_order",
            "error",
            f"The optimizer {type(optimizer).__name__} of {numbers:,} weights never takes a step, though "
            "they have a part in what others learn from.",
            Place(None, line),
            {"weights": numbers, "steps of others": sum(len(one.history) for one in facts.trainees)},
            "Call its step() after the backward pass of its own loss.",
        )


def mode_dependent(module: nn.Module) -> list[nn.Module]:
    """Return the layers that do something else in training than in evaluation.

    Args:
        module: a network.

    Example:
        >>> len(mode_dependent(nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.1), nn.BatchNorm1d(1))))
        2
    """
    found = []
    for one in module.modules():
        dropout = isinstance(one, _DropoutNd) and one.p > 0
        recurrent = isinstance(one, nn.RNNBase) and one.dropout > 0 and one.num_layers > 1
        attention = isinstance(one, nn.MultiheadAttention) and one.dropout > 0
        if dropout or recurrent or attention or isinstance(one, _BatchNorm):
            found.append(one)
    return found


def check_training_mode(case: Case) -> Iterator[Finding]:
    """T05: a network that is set to evaluation after the first steps and never back learns in the wrong mode.

    One that was never in training mode is a warning only where the outcome is poor, or where a batch
    normalisation has never seen a batch: some programs freeze trained normalisation on purpose.
    """
    modes = [mode for mode in case.trainee.history.training if mode is not None]
    if case.network is None or len(modes) < FEWEST_STEPS or not mode_dependent(case.network):
        return
    wrong = sum(not mode for mode in modes)
    if wrong < 0.5 * len(modes):
        return
    returned = modes[0] and not modes[-1]
    poor = case.outcome is not None and case.outcome.poor
    norms = [one for one in case.network.modules() if isinstance(one, _BatchNorm)]
    empty = any(one.num_batches_tracked is not None and int(one.num_batches_tracked) == 0 for one in norms)
    kinds = sorted({type(one).__name__ for one in mode_dependent(case.network)})
    yield Finding(
        "eval_mode_training",
        "warning" if returned or poor or empty else "info",
        f"{wrong} of {len(modes)} steps were taken in evaluation mode, in which {', '.join(kinds)} do "
        "nothing "
        "or keep their first statistics.",
        Place(case.name, case.call.line if case.call else None),
        {"steps": len(modes), "in evaluation mode": wrong},
        "Call model.train() at the beginning of each epoch, after every evaluation.",
    )


def check_evaluation_mode(case: Case) -> Iterator[Finding]:
    """T05: held-out rows are evaluated in training mode, and the answers differ for it.

    Who calls the network several times on the same rows means its randomness (Monte Carlo dropout).

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working"
    """
    if case.validation is None or case.network is None or not mode_dependent(case.network):
        return
    calls = [one for one in case.validation.calls if one.module is case.network]
    if not calls or not all(one.training for one in calls) or _repeated(calls):
        return
    gap = _mode_gap(case)
    if gap <= 1e-4:
        return
    kinds = sorted({type(one).__name__ for one in mode_dependent(case.network)})
    yield Finding(
        "train_mode_eval",
        "warning",
        f"Held-out rows were evaluated in training mode, where {', '.join(kinds)} change the answers by "
        f"{100 * gap:.2g} % of their spread.",
        Place(case.name, calls[0].line),
        {"calls in training mode": len(calls), "relative change of the answers": gap},
        "Call model.eval() before the evaluation, and model.train() after it.",
    )


def _repeated(calls: list[EvaluationCall]) -> bool:
    entered = [one.inputs[0].data_ptr() for one in calls if one.inputs]
    return len(entered) >= 3 and len(set(entered)) * 2 < len(entered)


def _mode_gap(case: Case) -> float:
    copies = case.end()
    if copies is None or case.held_out is None:
        return 0.0
    rows = case.held_out.part(256)
    quiet = case.predict(copies, rows)
    torch.manual_seed(0)
    loud = case.predict(copies, rows, training=True)
    if quiet is None or loud is None:
        return 0.0
    return float((quiet - loud).abs().mean() / quiet.std().clamp(min=1e-12))


def check_parameters_move(case: Case) -> Iterator[Finding]:
    """T04 and M04: weights that are bit for bit as they were at first.

    Frozen on purpose are parts that were trained before; a part that still has the random numbers with which
    its layer begins has nothing to keep. A few such weights are information unless the outcome is poor.
    """
    if case.network is None or case.trainee.optimizer is None or len(case.trainee.history) < FEWEST_STEPS:
        return
    entry = case.facts.initial.get(id(case.network))
    if entry is None:
        return
    poor = case.outcome is not None and case.outcome.poor
    random = [
        name
        for (name, module), (_, first) in zip(
            case.network.named_modules(), entry[1].named_modules(), strict=True
        )
        if _frozen_at_random(module, first)
    ]
    if not random:
        return
    numbers = sum(
        p.numel() for name in random for p in case.network.get_submodule(name).parameters(recurse=False)
    )
    share = numbers / max(sum(p.numel() for p in case.network.parameters()), 1)
    yield Finding(
        "frozen_params",
        "warning" if poor or share >= 0.1 else "info",
        f"{len(random)} layers are frozen with the random numbers they began with ({100 * share:.0f} % of "
        "the "
        "weights).",
        Place(f"{case.name}.{random[0]}", case.trainee.optimizer.line),
        {"layers": random[:8], "share of the weights": share},
        "Set requires_grad=True for layers that were not trained before.",
    )


def _frozen_at_random(module: nn.Module, first: nn.Module) -> bool:
    """Whether a layer's matrix asks for no gradient, has not moved, and lies within its default bounds."""
    weight = getattr(module, "weight", None)
    if not isinstance(weight, nn.Parameter) or weight.requires_grad or weight.ndim < 2 or weight.numel() < 32:
        return False
    if not isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Embedding | nn.EmbeddingBag):
        return False
    before = getattr(first, "weight", None)
    if not isinstance(before, Tensor) or not torch.equal(weight.detach(), before.detach()):
        return False
    if isinstance(module, nn.Embedding | nn.EmbeddingBag):  # unit normal numbers, which no training leaves
        return abs(float(weight.detach().std()) - 1) < 0.05 and abs(float(weight.detach().mean())) < 0.05
    bound: float = weight[0].numel() ** -0.5
    spread = float(weight.detach().std()) / (bound / 3**0.5)
    return float(weight.detach().abs().max()) <= bound * (1 + 1e-6) and 0.8 < spread < 1.2
