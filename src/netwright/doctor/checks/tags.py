"""Checks of targets for each step of a sequence: whether they stand at their steps."""

from collections.abc import Iterator

import torch
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.observe.tape import Tape, needed, play

FARTHEST = 3
"""Steps by which targets may have been moved."""
EFFECT, SURE = 0.05, 1e-6
MOST_TOKENS = 50_000


def check_tags_in_place(case: Case) -> Iterator[Finding]:
    """D09: the targets of steps are told far better by an input some steps away than by their own.

    For each move of up to three steps, one half of the rows gives the commonest target of each token, and the
    other half judges it. Bounds: 5 points over the step's own token, p below 1e-6 in the sign test, and the
    network is no better than that either. Targets that repeat inputs, as in language models, are exempt.
    """
    pairs = _pairs(case)
    if pairs is None or case.outcome is None:
        return
    inputs, target = pairs
    told = {move: _told(inputs, target, move) for move in range(-FARTHEST, FARTHEST + 1)}
    own, best = told[0], max(told, key=lambda move: float(told[move].double().mean()))
    gain = float(told[best].double().mean() - own.double().mean())
    if (
        best == 0
        or gain < EFFECT
        or case.outcome.network.score > float(told[best].double().mean()) - EFFECT / 2
    ):
        return
    wins, losses = int((told[best] & ~own).sum()), int((own & ~told[best]).sum())
    if stats.binomtest(wins, max(wins + losses, 1), 0.5, alternative="greater").pvalue > SURE:
        return
    yield Finding(
        "label_misaligned",
        "warning",
        f"Tokens {abs(best)} step{'s' * (abs(best) > 1)} {'later' if best > 0 else 'earlier'} tell "
        f"{100 * float(told[best].double().mean()):.0f} % of the targets, those at the targets' own steps "
        f"{100 * float(own.double().mean()):.0f} %.",
        Place(case.name, case.call.line if case.call else case.tape.line),
        {f"told by the token {move:+d}": float(one.double().mean()) for move, one in told.items()},
        "Cut inputs and targets at the same places, and look at some rows with both, one above the other.",
    )


def _pairs(case: Case) -> tuple[Tensor, Tensor] | None:
    """Tokens and targets, both (rows, steps); None where there are none for each step."""
    train = case.train
    if train is None or train.target is None or case.task.kind != "classes":
        return None
    inputs, target = train.inputs, train.target
    if inputs.ndim != 2 or inputs.is_floating_point() or target.shape != inputs.shape or inputs.shape[1] < 8:
        return None
    rows = max(2, MOST_TOKENS // inputs.shape[1])
    inputs, target = inputs[:rows], target[:rows]
    shifted = ((target[:, :-move], inputs[:, move:]) for move in range(1, FARTHEST + 1))
    if len(inputs) < 20 or any(float((one == other).double().mean()) > 0.9 for one, other in shifted):
        return None
    return inputs, target


def _told(inputs: Tensor, target: Tensor, move: int) -> Tensor:
    """Whether the commonest target of the token so many steps away is right, in the second half of the rows.

    Steps without such a token are left out on both sides, so that all moves judge the same places.
    """
    steps = inputs.shape[1]
    tokens = inputs[:, FARTHEST + move : steps - FARTHEST + move]
    answers = target[:, FARTHEST : steps - FARTHEST]
    half = len(inputs) // 2
    n_tokens, n_answers = int(inputs.max()) + 1, int(target.clamp(min=0).max()) + 1
    places = tokens[:half].flatten().long() * n_answers + answers[:half].flatten().clamp(min=0).long()
    counts = torch.bincount(places, minlength=n_tokens * n_answers).reshape(n_tokens, n_answers)
    commonest = counts.argmax(1)
    return (commonest[tokens[half:].long()] == answers[half:]).flatten()


def check_answers_in_place(case: Case) -> Iterator[Finding]:
    """M07: answers for steps that were flattened in another order than their targets.

    Exact: when one row of the input is exchanged, as many answers change as a row has steps, and they stand
    at other places than that row's targets.
    """
    if case.prediction is None or case.target_place is None or not case.input_places:
        return
    tape, place = case.tape, case.input_places[0]
    inputs, target = tape.constants[place], tape.constants[case.target_place]
    rows, copies = len(inputs) if inputs.ndim else 0, case.start()
    if target.ndim != 1 or rows < 4 or len(target) % rows or len(target) < 2 * rows or copies is None:
        return
    steps = len(target) // rows
    for module in copies.modules.values():
        module.eval()
    before = _answers(case, copies, inputs)
    moved = []
    for row in (1, rows // 2):
        other = inputs.clone()
        other[row] = inputs[row - 1]
        if torch.equal(other, inputs):
            return
        after = _answers(case, copies, other)
        if before.shape != after.shape or len(after) != len(target):
            return
        changed = (before != after).flatten(1).any(1).nonzero().flatten()
        own = changed // steps == row
        if not len(changed) or len(changed) > steps or float(own.double().mean()) > 0.5:
            return
        moved.append(changed)
    yield Finding(
        "label_misaligned",
        "error",
        f"With another row {rows // 2}, the answers at {moved[-1][:3].tolist()}... change, "
        f"and its targets stand from {rows // 2 * steps} to {(rows // 2 + 1) * steps - 1}: rows and steps "
        "were flattened in two orders.",
        Place(case.name, case.loss.operation.line if case.loss else tape.line),
        {"rows": rows, "steps": steps},
        "Give answers and targets one order of axes before they are flattened.",
    )


def _answers(case: Case, copies: Copies, inputs: Tensor) -> Tensor:
    tape = case.tape
    number = case.prediction
    assert number is not None  # noqa: S101 (the caller has asked)
    short = Tape(needed(tape.operations, number), number, 0.0, tape.constants, tape.weights)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        return play(short, copies.modules, copies.weights, {case.input_places[0]: inputs}).loss
