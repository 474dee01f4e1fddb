"""The net beside its references: who is better, by how much, in a sentence and a picture."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from netwright.metrics import ScoreInfo
from netwright.report.content import Comparison
from netwright.report.entries import ReferenceScore
from netwright.report.svg import Picture, Scale, at, plot
from netwright.report.wording import clipped, leading, score

ROW = 52
FAR = 2.5
NARROW = 0.02  # smaller differences must not look large


@dataclass(frozen=True)
class Standing:
    """Where the net stands among the models on the headline score.

    Args:
        name: the headline score's name.
        info: what it is.
        ranked: models that have the score, the best first.
        net: the net's own line, none where it has no score.
        rival: the best of the others.
        ahead: whether no reference is better.
        sentence: the comparison in words.
    """

    name: str
    info: ScoreInfo
    ranked: tuple[ReferenceScore, ...]
    net: ReferenceScore | None
    rival: ReferenceScore | None
    ahead: bool
    sentence: str


def standing(comparison: Comparison) -> Standing:
    """Rank the models; a reference that is better is named, with its score."""
    name = comparison.headline
    info = _info(comparison, name)
    sign = -1 if info.greater_is_better else 1
    scored = [model for model in comparison.references if math.isfinite(model.scores.get(name, math.nan))]
    ranked = tuple(sorted(scored, key=lambda model: (sign * model.scores[name], not model.is_net)))
    net = next((model for model in ranked if model.is_net), None)
    rival = next((model for model in ranked if not model.is_net), None)
    ahead = bool(ranked) and ranked[0].is_net
    return Standing(name, info, ranked, net, rival, ahead, _sentence(info, name, net, rival, ahead))


def _info(comparison: Comparison, name: str) -> ScoreInfo:
    unknown = ScoreInfo(name, name.replace("_", " "), greater_is_better=True, explanation="")
    return comparison.score_info.get(name, unknown)


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
        return f"The net comes first with {info.label} {a}, then {rival.name} with {b}."
    return f"A reference is better: {rival.name} reaches {info.label} {b}, the net {a}."


def apart(ours: float, theirs: float) -> tuple[str, str]:
    """Write two scores with as many digits as tell them apart, four at least."""
    size = max(abs(ours), abs(theirs))
    for digits in (4, 5, 6, 8):
        first, second = score(ours, size, digits), score(theirs, size, digits)
        if first != second or ours == theirs:
            break
    return first, second


def comparison_picture(place: Standing) -> Picture:
    """Draw one line per model with its score as a dot; the best is on top, and better is further right."""
    sign = 1 if place.info.greater_is_better else -1
    values = [sign * model.scores[place.name] for model in place.ranked]
    scale, beyond = _range(values)
    texts = [score(sign * value, size_of(place)) for value in values]
    rows = [
        _row(k, model, float(scale(max(value, scale.low))), text, beyond=value < scale.low)
        for k, (model, value, text) in enumerate(zip(place.ranked, values, texts, strict=True))
    ]
    said = "; ".join(f"{model.name} {text}" for model, text in zip(place.ranked, texts, strict=True))
    way = "greater" if place.info.greater_is_better else "smaller"
    label = f"{place.info.label} on held-out rows, best first: {said}"
    drawing = plot(label, rows, shape="rows", height=ROW * len(rows))
    caption = "The arrow points to a score far beyond the left edge." if beyond else ""
    return Picture(
        f"{leading(place.info.label)} on held-out rows; {way} is better, and further right",
        drawing,
        (),
        caption,
    )


def size_of(place: Standing) -> float:
    """Return the size by which the headline scores are rounded alike: that of the best."""
    return next((abs(model.scores[place.name]) for model in place.ranked if model.scores[place.name]), 1.0)


def _range(values: list[float]) -> tuple[Scale, bool]:
    """Leave out the worst model where it would crowd the others into a corner."""
    worst, *others = sorted(values)
    spread = max(others) - min(others) if others else 0.0
    beyond = len(others) > 1 and spread > 0 and min(others) - worst > FAR * spread
    low = min(others) - 0.2 * spread if beyond else worst
    low = min(low, max(values) - NARROW * max(map(abs, others or values)))
    air = 0.06 * (max(values) - low) or 1.0
    return Scale(low if beyond else low - air, max(values) + air), beyond


def _row(k: int, model: ReferenceScore, x: float, text: str, *, beyond: bool) -> Markup:
    height = ROW * k + 31
    if beyond:
        sign = Markup('<path class="beyond" d="M9 {}l-7 6l7 6"/>').format(height - 6)
    else:
        sign = Markup('<circle cx="{}" cy="{}" r="6.5"/>').format(at(x), height)
    return Markup(
        '<g class="{0}"><text class="name" x="0" y="{1}">{2}</text>'
        '<text class="value" x="100%" y="{1}" text-anchor="end">{3}</text>'
        '<line class="track" x1="0" x2="100%" y1="{4}" y2="{4}"/>{5}</g>'
    ).format(
        "net" if model.is_net else "other",
        ROW * k + 14,
        clipped(model.name, 26),
        f"best, {text}" if k == 0 else text,
        height,
        sign,
    )


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


def score_table(comparison: Comparison) -> ScoreTable:
    """Set the models side by side, with the best of each column marked."""
    named = dict.fromkeys(
        [*comparison.score_info, *(name for model in comparison.references for name in model.scores)]
    )
    columns = tuple(
        (name, _info(comparison, name))
        for name in named
        if any(name in model.scores for model in comparison.references)
    )
    best = {name: _best(comparison, name, info) for name, info in columns}
    rows = tuple(
        (model, tuple(_cell(model, name, best[name]) for name, _ in columns))
        for model in comparison.references
    )
    return ScoreTable(columns, rows)


def _best(comparison: Comparison, name: str, info: ScoreInfo) -> float:
    values = [model.scores.get(name, math.nan) for model in comparison.references]
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < 2:
        return math.nan
    return max(finite) if info.greater_is_better else min(finite)


def _cell(model: ReferenceScore, name: str, best: float) -> ScoreCell:
    value = model.scores.get(name, math.nan)
    return ScoreCell(score(value, abs(best) if best and math.isfinite(best) else abs(value)), value == best)
