"""A diagnosis in words, for a person at a terminal."""

from collections.abc import Iterator
from typing import Any

SIGNS = {"error": "error  ", "warning": "warning", "info": "note   "}
MOST_NOTES = 4
MOST_LOSSES = 7
"""Of a curve in words."""
MOST_OF_AN_ERROR = 200
"""Characters of the error by which a script ended."""


def tell(diagnosis: dict[str, Any]) -> str:
    """Return a diagnosis as text: the verdict, then evidence and remedy of each finding.

    Args:
        diagnosis: as plain values, such as a JSON file holds.

    Example:
        >>> print(tell({"findings": [], "runtime": {"steps": 3}, "verdict": "All is well."}))
        All is well.
        <BLANKLINE>
        3 steps were watched.
        >>> broken = {"steps": 3, "script_error": "KeyError: 'mine'"}
        >>> print(tell({"findings": [], "runtime": broken, "verdict": "All is well."}).splitlines()[-1])
        3 steps were watched. The script ended by an error: KeyError: 'mine'.
    """
    return "\n".join([diagnosis["verdict"], "", *_lines(diagnosis)]).rstrip()


def _lines(diagnosis: dict[str, Any]) -> Iterator[str]:
    alarms = [one for one in diagnosis["findings"] if one["severity"] != "info"]
    effects = [one for one in diagnosis["findings"] if one["explained_by"]]
    notes = [one for one in diagnosis["findings"] if one["severity"] == "info" and not one["explained_by"]]
    for one in alarms:
        yield from _finding(one)
        following = [other["kind"] for other in effects if other["explained_by"] == one["kind"]]
        if following:
            yield f"         explains {', '.join(dict.fromkeys(following))}"
        yield ""
    if verified := diagnosis.get("verified"):
        yield from _verified(verified)
        yield ""
    for one in notes[:MOST_NOTES]:
        yield from _finding(one)
        yield ""
    yield _run(diagnosis["runtime"])
    if reasons := diagnosis.get("reasons"):
        yield _reasons(reasons)


def _finding(one: dict[str, Any]) -> Iterator[str]:
    where = one["where"]
    place = f"{where['file']}:{where['line']}" if where["file"] else ""
    place = ", ".join(part for part in (place, where["module"] or "") if part)
    yield f"{SIGNS[one['severity']]}  {one['kind']}" + (f"  ({place})" if place else "")
    yield f"         {one['message']}"
    if one["evidence"]:
        yield "         " + "; ".join(f"{name} {_short(value)}" for name, value in one["evidence"].items())
    if one["remedy"]:
        yield f"         -> {one['remedy']}"


def _verified(verified: dict[str, Any]) -> Iterator[str]:
    yield f"verify   {verified['change'] or 'no second run'}"
    yield f"         {verified['sentence']}"
    for name, run in verified["runs"].items():
        places = range(MOST_LOSSES) if len(run["losses"]) >= MOST_LOSSES else range(len(run["losses"]))
        last = max(len(places) - 1, 1)
        losses = [run["losses"][place * (len(run["losses"]) - 1) // last] for place in places]
        score = "" if run["score"] is None else f"; score {_short(run['score'])}"
        yield f"         {name}: loss {', '.join(_short(one) for one in losses)}{score}"


def _run(runtime: dict[str, Any]) -> str:
    said = f"{runtime.get('steps', 0)} steps were watched"
    if scores := runtime.get("scores"):
        rows = "held-out rows" if runtime.get("held_out") else "training rows, references cross-validated"
        said += "; " + ", ".join(f"{name} {_short(value)}" for name, value in scores.items()) + f" on {rows}"
    if error := runtime.get("script_error"):
        said += f". The script ended by an error: {error.splitlines()[0][:MOST_OF_AN_ERROR]}"
    return said + "."


def _reasons(reasons: dict[str, str]) -> str:
    of = {word: [number for number, one in reasons.items() if one == word] for word in set(reasons.values())}
    parts = [f"{word}: {', '.join(map(str, of[word]))}" for word in ("found", "checked") if of.get(word)]
    return f"Of the 37 reasons, {'; '.join(parts)}; the others could not be looked at here." if parts else ""


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        shown = ", ".join(_short(one) for one in value[:6])
        return f"[{shown}{', ...' if len(value) > 6 else ''}]"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(one)}" for name, one in list(value.items())[:6])
    return str(value)
