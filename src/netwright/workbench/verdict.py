"""The verdict: how the net stands beside the references, in one sentence."""

from collections.abc import Mapping

from netwright.metrics import SCORE_TABLE

HEADLINES = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "r2", "forecast": "mase"}
TIE = {"roc_auc": 0.002, "log_loss": 0.005, "r2": 0.005}
"""Differences of the headline score up to this are called equal."""


def verdict(headline: str, scores: Mapping[str, Mapping[str, float | None]]) -> str:
    """Say in one sentence how the net does, and plainly when a reference does better.

    Args:
        headline: name of the score that decides.
        scores: of "net" and of each reference, by name.

    Example:
        >>> verdict("r2", {"net": {"r2": 0.5}, "constant": {"r2": 0.0}, "linear model": {"r2": 0.62}})
        'A reference does better than the net: linear model, R2 0.620 against 0.500.'
    """
    info = SCORE_TABLE[headline]
    sign = 1.0 if info.greater_is_better else -1.0
    known = {name: value for name, panel in scores.items() if (value := panel.get(headline)) is not None}
    if "net" not in known:
        return f"The net's {info.label} is not defined on these held-out rows."
    net = known.pop("net")
    if not known:
        return f"The net reaches {info.label} {net:.3f} on rows that it has not seen."
    best = max(known, key=lambda name: sign * known[name])
    gain = sign * (net - known[best])
    if "constant" in known and sign * (net - known["constant"]) <= TIE[headline]:
        return (
            f"The net has learned nothing that helps: {info.label} {net:.3f}, and the constant prediction "
            f"reaches {known['constant']:.3f}."
        )
    if gain < -TIE[headline]:
        label = f"{info.label} {known[best]:.3f} against {net:.3f}"
        return f"A reference does better than the net: {best}, {label}."
    how = "is level with" if gain <= TIE[headline] else "is better than"
    return f"The net {how} the best reference, {best}: {info.label} {net:.3f} against {known[best]:.3f}."
