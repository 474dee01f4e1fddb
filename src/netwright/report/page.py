"""The page: which sections there are, and the template that they are poured into."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from netwright.core.files import write_atomically
from netwright.report import wording
from netwright.report.columns import FIRST, profile_rows
from netwright.report.confusion import confusion
from netwright.report.content import Answers, Content
from netwright.report.curves import learning_curves
from netwright.report.epochs import epoch_pictures
from netwright.report.forecasts import forecast_pictures
from netwright.report.importance import MOST_BARS, importance_picture, largest, ranked
from netwright.report.probabilities import precision_recall_picture, reliability_picture, roc_picture
from netwright.report.residuals import residual_pictures
from netwright.report.scores import ScoreTable, Standing, comparison_picture, score_table, size_of, standing


@dataclass(frozen=True)
class Section:
    """One section of the page: its anchor, its heading, its template, and what that template reads."""

    id: str
    title: str
    parts: dict[str, Any]

    @property
    def template(self) -> str:
        """Name the template."""
        return f"{self.id}.html"


@dataclass(frozen=True)
class Tile:
    """One of the numbers under the verdict."""

    name: str
    value: str
    note: str = ""


def render(content: Content) -> str:
    """Turn the content of a report into one HTML page that needs nothing but itself.

    Use it to serve the page or to keep it elsewhere than in a file. The same content gives the same bytes.

    Args:
        content: what the page says; parts that are empty have no section.

    Raises:
        InputError: when parts contradict each other, such as labels that are not among the classes.

    Example:
        >>> from netwright.report import Answers, Comparison, Heading
        >>> heading = Heading("Flights", created="1 May 2026", version="0.1.0")
        >>> content = Content(heading, "It works.", Answers("regression", "delay"), Comparison("r2"))
        >>> page = render(content)
        >>> page.startswith("<!DOCTYPE html>"), "It works." in page, "https://" in page
        (True, True, False)
    """
    place = standing(content.comparison)
    return (
        environment()
        .get_template("report.html")
        .render(
            kicker="report",
            content=content,
            place=place,
            lead=place.net is not None,
            sections=sections(content),
            tiles=tiles(content, place),
        )
    )


def write_report(content: Content, path: Path) -> None:
    """Write the page to a file, whole or not at all.

    Args:
        content: what the page says.
        path: the file to write; its folder is made where it is lacking.

    Raises:
        InputError: when parts of the content contradict each other.
        OSError: when the file cannot be written.

    Example:
        >>> from tempfile import mkdtemp
        >>> from netwright.report import Answers, Comparison, Heading
        >>> heading = Heading("Flights", created="1 May 2026", version="0.1.0")
        >>> content = Content(heading, "It works.", Answers("regression", "delay"), Comparison("r2"))
        >>> path = Path(mkdtemp()) / "report.html"
        >>> write_report(content, path)
        >>> path.exists()
        True
    """
    write_atomically(Path(path), render(content))


def sections(content: Content) -> list[Section]:
    """List the sections that have something to say, in reading order."""
    found = [
        _forecasts(content.answers),
        _comparison(content),
        Section("asked", "What was asked", {}) if content.asked else None,
        Section("findings", "What the checks found", {}) if content.findings else None,
        _data(content),
        Section("settings", "Why these settings", {}) if content.learning.choices else None,
        _training(content),
        *_judgement(content.answers),
        _pictures(content.answers),
        _importance(content),
        _scores(content),
        Section("usage", "Use the model", {}) if content.usage.python or content.usage.command else None,
    ]
    return [section for section in found if section is not None]


def tiles(content: Content, place: Standing) -> list[Tile]:
    """List the numbers that stand under the verdict."""
    found = []
    for model, note in ((place.net, "the net"), (place.rival, "")):
        if model is not None:
            value = wording.score(model.scores[content.comparison.headline], size_of(place))
            name = f"{wording.leading(place.info.label)}{', best reference' if not note else ''}"
            found.append(Tile(name, value, note or model.name))
    table, seconds = content.table, content.heading.seconds
    if table.n_held_out:
        share = f"of {table.n_rows:,}" if table.n_rows else ""
        found.append(Tile("Held-out rows", f"{table.n_held_out:,}", share))
    if seconds:
        found.append(Tile("Time of the whole job", wording.duration(seconds)))
    return found


def _comparison(content: Content) -> Section | None:
    place = standing(content.comparison)
    if len(place.ranked) < 2:
        return None
    return Section("comparison", "Beside the references", {"picture": comparison_picture(place)})


def _forecasts(answers: Answers) -> Section | None:
    if not answers.forecasts:
        return None
    return Section("forecasts", "The steps ahead", {"pictures": forecast_pictures(answers.forecasts)})


def _data(content: Content) -> Section | None:
    columns = content.table.columns
    if not columns:
        return None
    rows = profile_rows(columns)
    left_out = sum(not column.used for column in columns)
    return Section("data", "The data", {"first": rows[:FIRST], "rest": rows[FIRST:], "left_out": left_out})


def _training(content: Content) -> Section | None:
    learning = content.learning
    if not any("loss" in row for row in learning.history):
        return None
    curves = learning_curves(learning.history)
    pictures = epoch_pictures(curves, learning.best_epoch)
    return Section("training", "How it learned", {"curves": curves, "pictures": pictures})


def _judgement(answers: Answers) -> list[Section]:
    if answers.truth is None or not len(answers.truth):
        return []
    if answers.task == "regression":
        if answers.prediction is None:
            return []
        pictures = residual_pictures(answers)
        return [Section("residuals", "Where it errs", {"pictures": pictures})] if pictures else []
    found = []
    if answers.prediction is not None:
        found.append(Section("mistakes", "Where it errs", {"confusion": confusion(answers)}))
    if answers.probability is not None:
        pictures = [reliability_picture(answers), roc_picture(answers), precision_recall_picture(answers)]
        found.append(Section("probabilities", "Its probabilities", {"pictures": pictures}))
    return found


def _pictures(answers: Answers) -> Section | None:
    galleries = [gallery for gallery in answers.galleries if gallery.pictures]
    return Section("pictures", "Pictures", {"galleries": galleries}) if galleries else None


def _importance(content: Content) -> Section | None:
    if not ranked(content.importance):
        return None
    label = standing(content.comparison).info.label
    parts = {
        "picture": importance_picture(content.importance, label),
        "all": ranked(content.importance),
        "drawn": min(MOST_BARS, len(ranked(content.importance))),
        "label": label,
        "largest": largest(content.importance),
    }
    return Section("importance", "What it looks at", parts)


def _scores(content: Content) -> Section | None:
    table: ScoreTable = score_table(content.comparison)
    return Section("scores", "All scores", {"table": table}) if table.rows else None


@cache
def environment() -> Environment:
    """Return the templates, with the filters that write numbers."""
    environment = Environment(
        loader=PackageLoader("netwright.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "score": wording.score,
        "fixed": wording.fixed,
        "percent": wording.percent,
        "duration": wording.duration,
        "clipped": wording.clipped,
    }
    return environment
