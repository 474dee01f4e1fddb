"""Checks of what a network makes of rows without targets: codes of one number, answers that are all alike."""

from collections.abc import Iterator

import torch
from torch import Tensor

from netwright.doctor.case.case import Case
from netwright.doctor.checks.seen import is_tabular
from netwright.doctor.finding import Finding, Place
from netwright.doctor.observe.copying import Copies
from netwright.doctor.probe.references import clean, narrowest

MORE = 8
"""Numbers of a code with which a code of one is compared."""
EFFECT = 0.05
"""Share of the variance that these have to explain beyond the network."""
ALIKE, APART = 0.1, 0.2
"""Spread over rows, relative to the size of the answers: of those that have collapsed, and of others."""
LARGER = 3.0
MOST_ROWS = 256


def check_code_width(case: Case) -> Iterator[Finding]:
    """M12: an autoencoder that passes each row through one number, where eight would explain more.

    Exact about the width; a warning where eight principal components explain over 5 points of the variance
    more than the network. Two numbers may be meant for a picture, one is not.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    copies, train, outcome = case.end(), case.train, case.outcome
    if not case.task.reconstructs or copies is None or train is None or outcome is None:
        return
    rows = clean(train.part(1000))
    if rows.flat.shape[1] < MORE or len(rows) <= MORE or narrowest(case, copies, rows) != 1:
        return
    centred = rows.flat - rows.flat.mean(0)
    energy = torch.linalg.svdvals(centred).square()
    explained = float(energy[:MORE].sum() / energy.sum())
    if explained - outcome.network.score < EFFECT:
        return
    yield Finding(
        "bottleneck",
        "warning",
        f"Each row of {rows.flat.shape[1]} numbers passes through one: the network explains "
        f"{100 * outcome.network.score:.0f} % of the variance, {MORE} principal components "
        f"{100 * explained:.0f} %.",
        Place(case.name, case.call.line if case.call else None),
        {"width": 1, "network": outcome.network.score, f"{MORE} components": explained},
        "Make the narrowest layer wider.",
    )


def check_columns_rebuilt(case: Case) -> Iterator[Finding]:
    """P01: an autoencoder of a table whose loss the columns of large numbers have to themselves.

    A warning where most columns are rebuilt worse than by their own mean, but not that of the largest
    numbers, which are three times theirs, while principal components of the standardised columns, as many as
    the narrowest layer has numbers, explain more than half of those columns.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    copies, train = case.end(), case.train
    if not case.task.reconstructs or copies is None or train is None or not is_tabular(train.inputs):
        return
    rows = clean(train.part(1000))
    answer, width = case.predict(copies, rows), narrowest(case, copies, rows)
    flat = rows.flat
    spread = flat.std(0)
    real = spread > 0
    if answer is None or width is None or answer.shape != rows.inputs.shape or int(real.sum()) <= width:
        return
    ours = 1 - (answer.double().cpu() - flat)[:, real].square().mean(0) / spread[real].square()
    scaled = ((flat - flat.mean(0)) / spread)[:, real]
    axes = torch.linalg.svd(scaled, full_matrices=False)[2][:width]
    theirs = 1 - (scaled - scaled @ axes.T @ axes).square().mean(0)
    lost = ours < 0
    if float(lost.double().mean()) < 0.5 or float(theirs[lost].mean()) < 0.5:
        return
    ratio = float(spread[real].max() / spread[real][lost].median())
    if ratio < LARGER or bool(lost[spread[real].argmax()]):
        return
    yield Finding(
        "unscaled_input",
        "warning",
        f"{int(lost.sum())} of {len(lost)} columns are rebuilt worse than by their mean, and {width} main "
        f"components of standardised columns explain {100 * float(theirs[lost].mean()):.0f} % of them: the "
        f"column of the largest numbers, {ratio:.2g} times theirs, has the loss to itself.",
        Place(case.name, case.call.line if case.call else None),
        {"columns lost": int(lost.sum()), "columns": len(lost), "largest over their deviation": ratio},
        "Standardise the columns before they enter, for the input and the target of the loss.",
    )


def check_answers_differ(case: Case) -> Iterator[Finding]:
    """T16: embeddings that no longer tell rows apart, although they did at first.

    For losses without a target that the answer has to meet, such as those of metric learning: on all of at
    least two columns the spread over rows fell from over 20 % to under 10 % of the answers' size, and to a
    fifth of what it was.
    """
    if case.task.kind != "unknown" or len(case.facts.trainees) > 1 or case.train is None or case.call is None:
        return
    spreads = [_spreads(case, copies) for copies in (case.start(), case.end())]
    first, last = spreads
    if first is None or last is None or len(last) < 2:
        return
    if float(first.median()) < APART or float(last.max()) > ALIKE:
        return
    if float(last.median()) > 0.2 * float(first.median()):
        return
    yield Finding(
        "collapsed_output",
        "warning",
        f"Answers of {len(last)} numbers differ from row to row by {100 * float(last.max()):.2g} % of "
        f"their size, {100 * float(first.median()):.2g} % at first: all rows have come to one point.",
        Place(case.name, case.call.line),
        {"spread at first": float(first.median()), "spread at the end": float(last.max())},
        "Look at the term that holds rows apart: its sign, its weight, its margin.",
    )


def _spreads(case: Case, copies: Copies | None) -> Tensor | None:
    """The spread of each column of the network's answer over the size of the answers; None without any."""
    if copies is None or case.call is None or case.train is None:
        return None
    network = copies.modules[id(case.call.function)].eval()
    rows = case.train.part(MOST_ROWS)
    with torch.no_grad():
        answer = network(rows.inputs, *rows.others)
    if not isinstance(answer, Tensor) or answer.ndim != 2 or len(answer) != len(rows):
        return None
    given = [one for one in case.tape.constants if one.is_floating_point() and one.ndim]
    if any(one.shape[1:] == answer.shape[1:] and one.ndim == 2 for one in given):
        return None  # a target of the same width: answers near each other may be right
    return answer.double().std(0) / answer.double().abs().mean().clamp(min=1e-12)
