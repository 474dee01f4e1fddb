"""The verdict on forecasts: how the net stands beside the references, and whether its bands hold."""

from collections.abc import Mapping

LEVEL = 0.01
"""Scaled errors that differ by less than this share are called level."""


def verdict_on_forecasts(scores: Mapping[str, Mapping[str, float | None]], horizon: int) -> str:
    """Say in one or two sentences how the net does, and plainly when a reference does better.

    Args:
        scores: of "net" and of each reference, by name.
        horizon: steps ahead.

    Example:
        >>> verdict_on_forecasts({"net": {"mase": 1.2}, "drift": {"mase": 0.9}}, 3)
        'A reference forecasts 3 steps ahead better than the net: drift, scaled error 0.900 against 1.200.'
    """
    known = {name: value for name, panel in scores.items() if (value := panel.get("mase")) is not None}
    if "net" not in known:
        return "Nothing that came after the origins is known, so the forecasts could not be judged."
    net = known.pop("net")
    said = f"The net forecasts {horizon} steps ahead with a scaled error of {net:.3f}."
    if known:
        best = min(known, key=known.__getitem__)
        label = f"scaled error {known[best]:.3f} against {net:.3f}"
        if known[best] < net * (1 - LEVEL):
            said = f"A reference forecasts {horizon} steps ahead better than the net: {best}, {label}."
        else:
            how = "is level with" if net > known[best] * (1 - LEVEL) else "is better than"
            label = f"scaled error {net:.3f} against {known[best]:.3f}"
            said = f"The net {how} the best reference, {best}, {horizon} steps ahead: {label}."
    held = scores["net"].get("coverage_80")
    return said if held is None else f"{said} Its 80 % band held {100 * held:.0f} % of what came."
