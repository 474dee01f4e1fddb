"""Checks of targets for each step of a sequence: whether they stand at their steps."""

from collections.abc import Iterator

import torch
from scipy import stats
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.finding import Finding, Place

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
    if best == 0 or gain < EFFECT or case.outcome.network.score > float(told[best].double().mean()) - EFFECT / 2:
        return
    wins, losses = int((told[best] & ~own).sum()), int((own & ~told[best]).sum())
    if stats.binomtest(wins, max(wins + losses, 1), 0.5, alternative="greater").pvalue > SURE:
        return
    yield Finding(
        "label_misaligned",
        "warning",
        f"Tokens {abs(best)} step{'s' * (abs(best) > 1)} {'later' if best > 0 else 'earlier'} tell "
        f"{100 * float(told[best].double().mean()):.0f} % of the targets, and those at the targets' own steps "
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
