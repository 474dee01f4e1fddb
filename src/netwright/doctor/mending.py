"""Which remedy can be applied to a script from outside, and whether it helped: plain values alone."""

import math
from collections.abc import Callable, Mapping
from typing import Any

EFFECT = {"numbers": 0.10}
"""Gain in the share of the variance that counts as help; 0.05 of the accuracy for labels."""
LOSS_GAIN = 0.2
"""Share of its last loss that a run has to lose where no scores are known."""

Evidence = Mapping[str, Any]


def _rate(evidence: Evidence) -> dict[str, Any] | None:
    old, new = evidence.get("learning rate"), evidence.get("tried")
    if not (isinstance(old, float | int) and isinstance(new, float | int) and old > 0):
        return None
    return {"do": "rate", "factor": new / old, "said": f"a learning rate of {new:.3g} in place of {old:.3g}"}


def _batch(evidence: Evidence) -> dict[str, Any] | None:
    rows = evidence.get("rows of a batch")
    if not isinstance(rows, int) or rows < 4:
        return None
    return {
        "do": "batch",
        "rows": rows,
        "to": rows // 4,
        "said": f"batches of {rows // 4} in place of {rows}",
    }


def _clip(evidence: Evidence) -> dict[str, Any] | None:
    norm = evidence.get("usual norm")
    if not isinstance(norm, float) or not 0 < norm < math.inf:
        return None
    return {"do": "clip", "norm": norm, "said": f"gradients cut to a norm of {norm:.3g}"}


def _standardise(evidence: Evidence) -> dict[str, Any] | None:
    if not isinstance(evidence.get("mean"), list) or not isinstance(evidence.get("deviation"), list):
        return None
    values = {"mean": evidence["mean"], "deviation": evidence["deviation"]}
    return {"do": "standardise", **values, "said": "inputs brought to mean 0 and deviation 1"}


def _always(do: str, said: str, **more: Any) -> Callable[[Evidence], dict[str, Any] | None]:
    return lambda _: {"do": do, "said": said, **more}


CHANGES: dict[str, Callable[[Evidence], dict[str, Any] | None]] = {
    "batch_too_large": _batch,
    "clip_too_small": _always("unclip", "gradients not cut"),
    "double_sigmoid": _always("logits", "the first of the two sigmoids undone"),
    "dropout_too_high": _always("dropout", "a quarter of the dropout", factor=0.25),
    "eval_mode_training": _always("mode", "the network in training mode while it learns", learning=True),
    "exploding_gradient": _clip,
    "lr_too_high": _rate,
    "lr_too_low": _rate,
    "missing_zero_grad": _always("clear", "gradients cleared after each step"),
    "oscillation": _rate,
    "single_class_batches": _always("shuffle", "rows shuffled in each epoch"),
    "softmax_before_ce": _always("scores", "the softmax before the loss undone"),
    "target_shape_broadcast": _always("shape", "the target in the shape of the prediction"),
    "train_mode_eval": _always("mode", "the network in evaluation mode when it is evaluated", learning=False),
    "unscaled_input": _standardise,
    "unshuffled": _always("shuffle", "rows shuffled in each epoch"),
    "weight_decay_too_high": _always("decay", "no weight decay"),
}
"""Kind -> what is done about it from outside, from the evidence of its finding."""


def first_change(diagnosis: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the change of the first alarm whose remedy can be applied from outside; None without.

    Args:
        diagnosis: as plain values.

    Example:
        >>> evidence = {"learning rate": 10.0, "tried": 0.1}
        >>> finding = {"kind": "lr_too_high", "severity": "warning", "evidence": evidence, "where": {}}
        >>> first_change({"findings": [finding]})["said"]
        'a learning rate of 0.1 in place of 10'
    """
    for one in diagnosis["findings"]:
        make = CHANGES.get(one["kind"]) if one["severity"] != "info" else None
        change = make(one["evidence"]) if make is not None else None
        if change is not None:
            return {"kind": one["kind"], "where": one["where"], **change}
    return None


def unmended(diagnosis: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told where no remedy can be applied.

    Args:
        diagnosis: as plain values.

    Example:
        >>> unmended({"findings": []})["sentence"]
        'There was nothing to mend.'
    """
    kinds = [one["kind"] for one in diagnosis["findings"] if one["severity"] != "info"]
    named = ", ".join(dict.fromkeys(kinds))
    said = f"No remedy can be applied from outside: {named} has to be mended in the script."
    return {
        "sentence": said if kinds else "There was nothing to mend.",
        "change": "",
        "helped": None,
        "runs": {},
    }


def compared(
    diagnosis: Mapping[str, Any], change: Mapping[str, Any], again: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return both runs side by side, and whether the remedy helped.

    Args:
        diagnosis: of the run as it was.
        change: that was made; "applied" says how often.
        again: diagnosis of the run with the change; None where it ended before it could be judged.

    Example:
        >>> runtime = {"losses": [2.0, 2.0], "scores": {"network": 0.1}, "task": "classes", "held_out": True}
        >>> better = {"findings": [], "runtime": {**runtime, "scores": {"network": 0.9}}}
        >>> change = {"said": "a lower rate", "applied": 9}
        >>> compared({"findings": [], "runtime": runtime}, change, better)["sentence"]
        'It helped: the score on held-out rows went from 0.1 to 0.9.'
    """
    told: dict[str, Any] = {
        "kind": change.get("kind", ""),
        "change": change["said"],
        "helped": None,
        "runs": {},
    }
    if not change.get("applied"):
        return {**told, "sentence": f"It could not be tried: nothing in the script took {change['said']}."}
    if again is None or again["runtime"].get("script_error"):
        error = again["runtime"]["script_error"] if again else "it was not judged"
        return {**told, "sentence": f"With the remedy the script did not come to its end: {error}."}
    runs = {"before": _run(diagnosis["runtime"]), "with the remedy": _run(again["runtime"])}
    left = [one["kind"] for one in again["findings"] if one["severity"] != "info"]
    helped, sentence = _judged(runs["before"], runs["with the remedy"])
    more = f" What the doctor finds with it: {', '.join(dict.fromkeys(left))}." if left else ""
    return {**told, "helped": helped, "sentence": sentence + more, "left": left, "runs": runs}


def _run(runtime: Mapping[str, Any]) -> dict[str, Any]:
    names = ("losses", "steps_between", "task", "held_out")
    found = {name: runtime[name] for name in names if name in runtime}
    return {"losses": [], **found, "score": runtime.get("scores", {}).get("network")}


def _judged(before: dict[str, Any], after: dict[str, Any]) -> tuple[bool | None, str]:
    old, new = before["score"], after["score"]
    if old is not None and new is not None:
        where = "on held-out rows" if after.get("held_out") else "on training rows"
        helped = new - old >= EFFECT.get(str(after.get("task")), 0.05)
        went = f"the score {where} went from {old:.3g} to {new:.3g}"
        return helped, f"It helped: {went}." if helped else f"It did not help: {went}."
    first, last = _end(before["losses"]), _end(after["losses"])
    if math.isnan(last):
        return False, "It did not help: the loss is no number."
    helped = not math.isfinite(first) or first - last > LOSS_GAIN * abs(first)
    said = "It helped" if helped else "It did not help"
    return helped, f"{said}: the loss ended at {last:.3g}, and at {first:.3g} without."


def _end(losses: list[Any]) -> float:
    values = [float(one) for one in losses[-max(1, len(losses) // 10) :]]
    return sum(values) / len(values) if values else math.nan
