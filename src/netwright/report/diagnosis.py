"""The doctor's page: what it found, the numbers that show it, and what was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netwright.core.files import write_atomically
from netwright.doctor.reasons import REASONS
from netwright.report import wording
from netwright.report.content import Heading
from netwright.report.doctor_pictures import bar_picture, curve_picture, curves_picture, numbers
from netwright.report.page import Section, Tile, environment

MOST_VALUES = 8
"""Of a list among the evidence."""
STATES = {"found": "found", "checked": "looked at", "not applicable": "not looked at"}


@dataclass(frozen=True)
class _Content:
    """What the frame of all pages reads."""

    heading: Heading
    verdict: str


def render_diagnosis(told: Mapping[str, Any], heading: Heading) -> str:
    """Turn a diagnosis into one HTML page that needs nothing but itself.

    Use it for what `netwright doctor --json` has written; the same diagnosis gives the same bytes. A finding
    may carry `quote`, lines of the script as (number, text).

    Args:
        told: the diagnosis as plain values.
        heading: what stands above the page and below it.

    Example:
        >>> told = {"verdict": "All is well.", "findings": [], "reasons": {}, "runtime": {"steps": 3}}
        >>> page = render_diagnosis(told, Heading("train.py", created="1 May 2026", version="0.1.0"))
        >>> page.startswith("<!DOCTYPE html>"), "All is well." in page, "https://" in page
        (True, True, False)
    """
    content = _Content(heading, str(told["verdict"]))
    found = sections(told)
    return (
        environment()
        .get_template("diagnosis.html")
        .render(kicker="doctor", content=content, lead=False, sections=found, tiles=tiles(told))
    )


def write_diagnosis(told: Mapping[str, Any], heading: Heading, path: Path) -> None:
    """Write the doctor's page to a file, whole or not at all.

    Args:
        told: the diagnosis as plain values.
        heading: what stands above the page and below it.
        path: the file to write; its folder is made where it is lacking.

    Raises:
        OSError: when the file cannot be written.

    Example:
        >>> from tempfile import mkdtemp
        >>> path = Path(mkdtemp()) / "doctor.html"
        >>> told = {"verdict": "All is well.", "findings": [], "runtime": {"steps": 3}}
        >>> write_diagnosis(told, Heading("train.py", created="1 May 2026", version="0.1.0"), path)
        >>> path.exists()
        True
    """
    write_atomically(Path(path), render_diagnosis(told, heading))


def sections(told: Mapping[str, Any]) -> list[Section]:
    """List the sections that have something to say, in reading order."""
    findings, run = told["findings"], told.get("runtime", {})
    alarms = [one for one in findings if one["severity"] != "info"]
    notes = [one for one in findings if one["severity"] == "info" and not one.get("explained_by")]
    causes = [_card(one, findings) for one in alarms]
    reasons = _reasons(told.get("reasons", {}))
    found = [
        Section("causes", "What is wrong", {"cards": causes}) if causes else None,
        _remedy(told.get("verified")),
        _curve(run),
        _models(run),
        Section("trials", "What was tried", {"rows": _trials(run)}) if run.get("tried") else None,
        Section("notes", "Worth knowing", {"cards": [_card(one, []) for one in notes]}) if notes else None,
        Section("reasons", "The 37 reasons", {"rows": reasons}) if reasons else None,
    ]
    return [section for section in found if section is not None]


def tiles(told: Mapping[str, Any]) -> list[Tile]:
    """List the numbers that stand under the verdict."""
    run, severities = told.get("runtime", {}), [one["severity"] for one in told["findings"]]
    errors, warnings = severities.count("error"), severities.count("warning")
    found = [
        Tile("Found", _counted(errors, warnings), "no error, no warning" if not errors + warnings else "")
    ]
    found.append(Tile("Steps watched", f"{run.get('steps', 0):,}", str(run.get("stopped", ""))))
    if run.get("seconds"):
        found.append(Tile("The script ran", wording.duration(run["seconds"])))
    if run.get("examination_seconds"):
        found.append(Tile("The examination took", wording.duration(run["examination_seconds"])))
    return found


def _counted(errors: int, warnings: int) -> str:
    parts = [(errors, "error"), (warnings, "warning")]
    told = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in parts if count]
    return ", ".join(told) or "nothing"


def _card(one: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A finding with all that its card shows."""
    where = one.get("where", {})
    line = f"{where['file']}:{where['line']}" if where.get("file") else ""
    return {
        **one,
        "place": [part for part in (line, where.get("module") or "") if part],
        "facts": [(name, _value(value)) for name, value in one.get("evidence", {}).items()],
        "effects": [other for other in findings if other.get("explained_by") == one["kind"]],
        "quote": one.get("quote", ()),
        "told": [(number, REASONS[number]) for number in one.get("reason", ())],
    }


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_value(one)}" for name, one in value.items())
    if isinstance(value, bool) or not isinstance(value, int | float | list | tuple):
        return str(value)
    if isinstance(value, list | tuple):
        more = ", …" if len(value) > MOST_VALUES else ""
        return ", ".join(_value(one) for one in value[:MOST_VALUES]) + more
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}".replace("-", wording.MINUS, 1)


def _curve(run: Mapping[str, Any]) -> Section | None:
    losses = numbers(run.get("losses", ()))
    if len(losses) < 2:
        return None
    return Section("curve", "How it learned", {"picture": curve_picture(run), "run": run})


def _models(run: Mapping[str, Any]) -> Section | None:
    scores = run.get("scores", {})
    if len(scores) < 2:
        return None
    return Section("models", "Beside simple models", {"picture": bar_picture(scores, run), "run": run})


def _remedy(verified: Mapping[str, Any] | None) -> Section | None:
    if not verified:
        return None
    runs = verified.get("runs", {})
    drawn = bool(runs) and all(len(one["losses"]) > 1 for one in runs.values())
    pictures = [curves_picture(runs)] if drawn else []
    scores = {name: one["score"] for name, one in runs.items() if one.get("score") is not None}
    if len(scores) > 1:
        pictures.append(bar_picture(scores, next(iter(runs.values())), "with the remedy"))
    return Section("remedy", "With the remedy", {"told": verified, "pictures": pictures})


def _trials(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Trials of one change in one row, with the loss of the middle repeat."""
    rows: dict[str, dict[str, Any]] = {}
    for one in run["tried"]:
        row = rows.setdefault(one["change"] or "as it is", {**one, "after": [], "own": not one["kind"]})
        row["after"] = [*row["after"], *numbers(one["after"])]
    for row in rows.values():
        row["losses"] = [wording.number(loss, 4) for loss in row["after"]]
    return list(rows.values())


def _reasons(reasons: Mapping[Any, str]) -> list[tuple[int, str, str, str]]:
    """Number, reason, state and its words."""
    known = {int(number): state for number, state in reasons.items()}
    return [(number, REASONS[number], known[number], STATES[known[number]]) for number in sorted(known)]
