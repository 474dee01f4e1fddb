"""The net beside its references: who is better, by how much, in a sentence and a picture."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from netwright.report.content import Content, ReferenceScore, ScoreInfo
from netwright.report.svg import Picture, Scale, at, plot
from netwright.report.wording import number

ROW = 46


@dataclass(frozen=True)
class Standing:
    """Where the net stands among the models on the headline score.

    Args:
        info: what the headline score is.
        ranked: models that have the score, the best first.
        net: the net's own line, none where it has no score.
        rival: the best of the others.
        ahead: whether no reference is better.
        sentence: the comparison in words.
    """

    info: ScoreInfo
    ranked: tuple[ReferenceScore, ...]
    net: ReferenceScore | None
    rival: ReferenceScore | None
    ahead: bool
    sentence: str


def standing(content: Content) -> Standing:
    """Rank the models; a reference that is better is named, with its score."""
    name = content.headline
    info = _info(content, name)
    sign = -1 if info.greater_is_better else 1
    scored = [model for model in content.references if math.isfinite(model.scores.get(name, math.nan))]
    ranked = tuple(sorted(scored, key=lambda model: (sign * model.scores[name], not model.is_net)))
    net = next((model for model in ranked if model.is_net), None)
    rival = next((model for model in ranked if not model.is_net), None)
    ahead = bool(ranked) and ranked[0].is_net
    return Standing(info, ranked, net, rival, ahead, _sentence(info, name, net, rival, ahead))


def _info(content: Content, name: str) -> ScoreInfo:
    return content.score_info.get(name, ScoreInfo(name, greater_is_better=True))


def _sentence(
    info: ScoreInfo, name: str, net: ReferenceScore | None, rival: ReferenceScore | None, ahead: bool
) -> str:
    if net is None or rival is None:
        return ""
    ours, theirs = net.scores[name], rival.scores[name]
    a, b = apart(ours, theirs)
    if ours == theirs:
        return f"The net and the best reference, {rival.name}, are level: {info.label} {a} both."
    if ahead:
        return f"The net is better than every reference: {info.label} {a}, the next best, {rival.name}, {b}."
    return (
        f"A reference is better: {rival.name} reaches {info.label} {b}, the net {a}. "
        f"Consider using {rival.name} for this table."
    )


def apart(a: float, b: float) -> tuple[str, str]:
    """Write two numbers with as many digits as tell them apart, three at least."""
    for digits in (3, 4, 5, 6):
        first, second = number(a, digits), number(b, digits)
        if first != second or a == b:
            break
    return first, second


def comparison(place: Standing, name: str) -> Picture:
    """Draw one line per model with its score as a dot, the best on top."""
    values = [model.scores[name] for model in place.ranked]
    low, high = min(values), max(values)
    air = 0.08 * (high - low) or 0.5 * abs(high) or 1.0
    scale = Scale(low - air, high + air)
    rows = []
    for k, model in enumerate(place.ranked):
        text = number(model.scores[name], 4)
        best = k == 0
        rows.append(
            Markup(
                '<g class="{0}"><text class="name" x="0" y="{1}">{2}</text>'
                '<text class="value" x="100%" y="{1}" text-anchor="end">{3}</text>'
                '<line class="track" x1="0" x2="100%" y1="{4}" y2="{4}"/>'
                '<circle cx="{5}" cy="{4}" r="6"/></g>'
            ).format(
                "net" if model.is_net else "other",
                ROW * k + 14,
                model.name,
                f"best {text}" if best else text,
                ROW * k + 27,
                at(float(scale(model.scores[name]))),
            )
        )
    said = "; ".join(f"{model.name} {number(model.scores[name], 4)}" for model in place.ranked)
    way = "greater is better" if place.info.greater_is_better else "smaller is better"
    label = f"{place.info.label} on held-out rows, best first: {said}"
    drawing = plot(label, rows, shape="rows", height=ROW * len(rows))
    return Picture(f"{place.info.label} on held-out rows, {way}", drawing)


@dataclass(frozen=True)
class ScoreCell:
    """One score of one model, as text; `best` where no other model does better."""

    text: str
    best: bool


@dataclass(frozen=True)
class ScoreTable:
    """Every score of every model: columns of (name, info), rows of (model, cells)."""

    columns: tuple[tuple[str, ScoreInfo], ...]
    rows: tuple[tuple[ReferenceScore, tuple[ScoreCell, ...]], ...]


def score_table(content: Content) -> ScoreTable:
    """Set the models side by side, with the best of each column marked."""
    named = dict.fromkeys(
        [*content.score_info, *(name for model in content.references for name in model.scores)]
    )
    columns = tuple(
        (name, _info(content, name))
        for name in named
        if any(name in model.scores for model in content.references)
    )
    best = {name: _best(content, name, info) for name, info in columns}
    rows = tuple(
        (model, tuple(_cell(model, name, best[name]) for name, _ in columns)) for model in content.references
    )
    return ScoreTable(columns, rows)


def _best(content: Content, name: str, info: ScoreInfo) -> float:
    values = [model.scores.get(name, math.nan) for model in content.references]
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return math.nan
    return max(finite) if info.greater_is_better else min(finite)


def _cell(model: ReferenceScore, name: str, best: float) -> ScoreCell:
    value = model.scores.get(name, math.nan)
    return ScoreCell(number(value, 4), value == best)
