"""How many rows a step takes: most of them at once, or too few for what is computed over them."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.facts import Facts

USUAL_MOST = 512
"""Rows up to which a batch is small, as the source counts."""
FEWEST_STEPS = 4
FEWEST_VALUES = 4


def rows_of_step(case: Case) -> tuple[int, int]:
    """Return the rows of a step and those of the training set, 0 where they are not known.

    Args:
        case: whose.
    """
    place = case.input_places[0] if case.input_places else None
    step = len(case.tape.constants[place]) if place is not None and case.tape.constants[place].ndim else 0
    loader = case.trainee.loader
    try:
        return step, len(loader.loader.dataset) if loader is not None else len(case.train or ())
    except (TypeError, AttributeError):
        return step, 0


def check_large_batch(case: Case) -> Iterator[Finding]:
    """D19: a step takes more than 512 rows, and an epoch has fewer than four steps.

    Information: such batches tend to end in sharp minima, whose loss on other rows is higher, and give few
    steps. Whether there were too few is for a trial to say.

    Source:
        Keskar, Mudigere, Nocedal, Smelyanskiy and Tang (2017), "On Large-Batch Training for Deep Learning:
        Generalization Gap and Sharp Minima", arXiv:1609.04836.
    """
    step, rows = rows_of_step(case)
    if step <= USUAL_MOST or rows >= FEWEST_STEPS * step:
        return
    yield Finding(
        "batch_too_large",
        "info",
        f"A step takes {step} of {rows} rows: an epoch has {max(1, -(-rows // step))} of them.",
        _place(case),
        {"rows of a step": step, "rows": rows},
        "Try 32 to 512 rows a step, with a rate to suit.",
    )


def check_small_batch(case: Case) -> Iterator[Finding]:
    """D19: batch normalisation over so few values that what it gives hardly depends on them.

    Exact: in training mode fewer than 4 values of a channel stand in a batch; of two values it makes -1 and
    1, whatever they are. A warning where the training went badly, or where two values meet and nobody knows
    how it went.

    Source:
        Ioffe (2017), "Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized
        Models", arXiv:1702.03275.
    """
    copies = case.start()
    if copies is None:
        return
    counts: dict[str, int] = {}
    handles = []
    for own in case.modules:
        for name, part in copies.modules[id(own)].named_modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm) and _moves(part, own.get_submodule(name)):
                full = f"{case.facts.names.get(id(own), 'network')}.{name}".rstrip(".")
                handles.append(part.register_forward_hook(_counter(full, counts)))
    case.played(copies, 1)
    for handle in handles:
        handle.remove()
    few = {name: count for name, count in counts.items() if count < FEWEST_VALUES}
    if not few:
        return
    name, count = min(few.items(), key=lambda one: one[1])
    harmful = count <= 2 if case.outcome is None else case.outcome.poor
    yield Finding(
        "batch_too_small",
        "warning" if harmful else "info",
        f"{name} normalises over {count} values of a channel"
        + (": it makes them -1 and 1, whatever they are." if count == 2 else "."),
        Place(name, case.call.line if case.call else case.tape.line),
        {"values of a channel": count, "layers": len(few)},
        "Take 16 rows or more a step, or a normalisation that does not look across rows.",
    )


def _moves(first: nn.Module, last: nn.Module) -> bool:
    """Whether a layer's statistics went on after the first step; those of a frozen one did not."""
    before, after = (getattr(one, "num_batches_tracked", None) for one in (first, last))
    return before is None or after is None or bool(before != after)


def _counter(name: str, counts: dict[str, int]) -> Any:
    def count(part: nn.Module, inputs: tuple[Tensor, ...], _: Tensor) -> None:
        if part.training and inputs[0].ndim > 1:
            counts[name] = inputs[0].numel() // inputs[0].shape[1]

    return count


def check_failed_batch_norm(facts: Facts) -> Iterator[Finding]:
    """D19: the script ended in batch normalisation that was given one row.

    Mostly it is the last batch of an epoch that has one row left.

    Source:
        Vryniotis, "5 tips for multi-GPU training with Keras", blog.datumbox.com.
    """
    if "Expected more than 1 value per channel when training" not in facts.crash:
        return
    failure = facts.failure
    yield Finding(
        "batch_too_small",
        "error",
        "Batch normalisation in training mode was given one row, over which nothing can be normalised.",
        Place(None, failure.line if failure is not None else None),
        {"message": facts.crash[:120]},
        "Drop the last batch (drop_last=True), or take a batch size that leaves no single row over.",
    )


def _place(case: Case) -> Place:
    loader = case.trainee.loader
    return Place(case.name or None, loader.line if loader is not None else case.tape.line)
