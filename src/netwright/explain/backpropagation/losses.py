"""Losses on a worksheet: what torch's own ones are, sum by sum."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from netwright.core.errors import InputError
from netwright.explain.backpropagation.worksheet import Line, Part, Worksheet, written


def worked_loss(sheet: Worksheet, outputs: Sequence[str], target: Any, loss: nn.Module) -> str:
    """Write down a loss as the last line of a sheet, and return its name, L.

    Args:
        sheet: with the outputs of the network.
        outputs: their names.
        target: numbers, or the number of a class.
        loss: `nn.MSELoss`, `nn.BCEWithLogitsLoss` or `nn.CrossEntropyLoss`, with torch's defaults.

    Raises:
        InputError: when the loss is another, or the target does not fit the outputs.

    Example:
        >>> sheet = Worksheet()
        >>> worked_loss(sheet, [sheet.given("y", 3.0)], [1.0], nn.MSELoss())
        'L'
        >>> sheet["L"].value, sheet.gradients()["y"]
        (4.0, 4.0)
    """
    wanted = torch.as_tensor(target).detach().cpu().reshape(-1)
    if isinstance(loss, nn.CrossEntropyLoss) and _is_default(loss):
        return sheet.write(_cross_entropy(sheet, outputs, wanted.tolist()))
    numbers = wanted.double().tolist()
    if len(numbers) != len(outputs):
        came = f"{len(numbers)} for {len(outputs)}"
        raise InputError(
            "target must have one number for each output", came, "count the last layer's neurons"
        )
    if isinstance(loss, nn.MSELoss) and _is_default(loss):
        return sheet.write(_squared(sheet, outputs, numbers))
    if isinstance(loss, nn.BCEWithLogitsLoss) and _is_default(loss):
        return sheet.write(_binary(sheet, outputs, numbers))
    mend = "take MSELoss, BCEWithLogitsLoss or CrossEntropyLoss with no settings"
    raise InputError("loss must be one that can be worked out here", type(loss).__name__, mend)


def _is_default(loss: nn.Module) -> bool:
    settings = [getattr(loss, name, None) for name in ("weight", "pos_weight")]
    plain = all(one is None for one in settings) and not getattr(loss, "label_smoothing", 0)
    return plain and getattr(loss, "reduction", "mean") == "mean"


def _squared(sheet: Worksheet, outputs: Sequence[str], target: Sequence[float]) -> Line:
    n = len(outputs)
    share = "" if n == 1 else f" / {n}"
    gaps = [sheet[y].value - t for y, t in zip(outputs, target, strict=True)]
    formula = " + ".join(f"({y} - t{k})^2" for k, y in enumerate(outputs, 1))
    sums = " + ".join(
        f"({sheet.number(y)} - {_bracketed(t, sheet.digits)})^2" for y, t in zip(outputs, target, strict=True)
    )
    if n > 1:
        formula, sums = f"({formula}){share}", f"({sums}){share}"
    parts = tuple(
        Part(y, 2 * gap / n, f"2 ({y} - t{k}){share}")
        for k, (y, gap) in enumerate(zip(outputs, gaps, strict=True), 1)
    )
    return Line("L", math.fsum(gap * gap for gap in gaps) / n, formula, sums, parts)


def _binary(sheet: Worksheet, outputs: Sequence[str], target: Sequence[float]) -> Line:
    n, total = len(outputs), []
    share = "" if n == 1 else f" / {n}"
    parts, formulas, sums = [], [], []
    for k, (y, t) in enumerate(zip(outputs, target, strict=True), 1):
        z = sheet[y].value
        p = 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))
        total.append(max(z, 0.0) - z * t + math.log1p(math.exp(-abs(z))))
        formulas.append(f"log(1 + exp({y})) - t{k} * {y}")
        number, wanted = sheet.number(y), written(t, sheet.digits)
        sums.append(f"log(1 + exp({number})) - {wanted} * {number}")
        parts.append(Part(y, (p - t) / n, f"(sigmoid({y}) - t{k}){share}"))
    formula, text = " + ".join(formulas), " + ".join(sums)
    if n > 1:
        formula, text = f"({formula}){share}", f"({text}){share}"
    return Line("L", math.fsum(total) / n, formula, text, tuple(parts))


def _cross_entropy(sheet: Worksheet, outputs: Sequence[str], target: Sequence[Any]) -> Line:
    whole = len(target) == 1 and float(target[0]).is_integer()
    if not whole or not 0 <= int(target[0]) < len(outputs):
        expected = f"target must be the number of a class, 0 to {len(outputs) - 1}"
        raise InputError(expected, str(list(target)), "give one whole number")
    values, right = [sheet[y].value for y in outputs], int(target[0])
    top = max(values)
    total = math.fsum(math.exp(value - top) for value in values)
    shares = [math.exp(value - top) / total for value in values]
    formula = f"log({' + '.join(f'exp({y})' for y in outputs)}) - {outputs[right]}"
    sums = " + ".join(f"exp({sheet.number(y)})" for y in outputs)
    parts = tuple(
        Part(y, share - (k == right), f"(softmax({y}) - {int(k == right)})")
        for k, (y, share) in enumerate(zip(outputs, shares, strict=True))
    )
    last = _bracketed(values[right], sheet.digits)
    return Line("L", math.log(total) + top - values[right], formula, f"log({sums}) - {last}", parts)


def _bracketed(value: float, digits: int) -> str:
    text = written(value, digits)
    return f"({text})" if text.startswith("-") else text
