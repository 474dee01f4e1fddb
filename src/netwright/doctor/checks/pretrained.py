"""Inputs of a trained network beside those that it was trained on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from netwright.doctor.case.case import Case
from netwright.doctor.case.rows import Rows
from netwright.doctor.checks.data_values import FEWEST_ROWS, place_of
from netwright.doctor.finding import Finding
from netwright.doctor.observe.copying import Copies

OFF = 1.0
"""Misfit, in deviations of the mean or in logarithms of the deviation, of half of the channels."""
MOST_ROWS = 256
FEWEST_BATCHES = 30
"""After which a momentum of 0.1 has forgotten all but 4 % of what it began with."""
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's channels, with which most networks for images were trained."""


def check_pretrained_range(case: Case) -> Iterator[Finding]:
    """P04: a trained network is given inputs of another range than those it has learned from.

    Its first batch normalisation remembers mean and deviation of what reached it in its own training. Where
    half of the channels are now a deviation or more away, or e times as wide, and one of the usual changes
    (bytes, 0 to 1, -1 to 1, standardised) takes away more than half of that, the inputs are of another
    range. A warning where the training went badly as well.

    Source:
        Ivanov (2017), "37 Reasons why your Neural Network is not working".
    """
    rows = case.train
    if rows is None or len(rows) < FEWEST_ROWS or not rows.inputs.is_floating_point() or rows.others:
        return
    rows = rows.part(MOST_ROWS)
    now = _misfit(case, rows)
    if now is None or now <= OFF:
        return
    changes = list(_changes(rows.inputs))
    tried = [(_misfit(case, replace(rows, inputs=change(rows.inputs))), said) for said, change in changes]
    best, said = min(((misfit, said) for misfit, said in tried if misfit is not None), default=(now, ""))
    if best > 0.5 * now:
        return
    yield Finding(
        "unscaled_input",
        "warning" if case.outcome is not None and case.outcome.poor else "info",
        f"The network was trained before, on inputs of another range: what reaches its first batch "
        f"normalisation is {now:.2g} deviations off, and {best:.2g} with inputs {said}.",
        place_of(case),
        {"misfit": now, "misfit after the change": best, "change": said},
        f"Prepare the inputs as the network's own training did: {said}.",
    )


def _changes(inputs: Tensor) -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
    channels = inputs.shape[1] if inputs.ndim == 4 else 1
    shape = (1, channels, 1, 1) if inputs.ndim == 4 else (1,) * inputs.ndim
    known = channels == len(MEAN)
    mean = torch.tensor(MEAN if known else [sum(MEAN) / 3] * channels).reshape(shape).to(inputs)
    spread = torch.tensor(SPREAD if known else [sum(SPREAD) / 3] * channels).reshape(shape).to(inputs)
    yield "divided by 255", lambda x: x / 255
    yield "times 255", lambda x: x * 255
    yield "from -1 to 1 rather than 0 to 1", lambda x: 2 * x - 1
    yield "from 0 to 1 rather than -1 to 1", lambda x: (x + 1) / 2
    yield "standardised with ImageNet's mean and deviation", lambda x: (x - mean) / spread
    yield "without ImageNet's mean and deviation", lambda x: x * spread + mean
    yield "brought to mean 0 and deviation 1", lambda x: (x - x.mean()) / x.std().clamp(min=1e-9)
    yield "divided by 255 and standardised", lambda x: (x / 255 - mean) / spread


def _misfit(case: Case, rows: Rows) -> float | None:
    """How far half of the channels are from what the first batch normalisation remembers."""
    copies = case.start()
    layer = _first_norm(copies) if copies is not None else None
    if copies is None or layer is None:
        return None
    remembered = _remembered(case, copies, layer)
    with _hearing(layer) as heard:
        case.predict(copies, rows)
    if remembered is None or not heard:
        return None
    mean, spread = remembered
    away = (heard[0].mean(1) - mean).abs() / spread
    wider = (heard[0].std(1).clamp(min=1e-12) / spread).log().abs()
    return float(torch.maximum(away, wider).median())


def _remembered(case: Case, copies: Copies, layer: Any) -> tuple[Tensor, Tensor] | None:
    """Mean and deviation that a layer remembers from before the first batch, whose share is taken out."""
    mean, variance = layer.running_mean.double(), layer.running_var.double()
    share = float(layer.momentum or 0.0)
    if layer.training and 0 < share < 1:
        with _hearing(layer) as heard:
            case.played(copies, 1)
        if not heard:
            return None
        mean = (mean - share * heard[0].mean(1)) / (1 - share)
        variance = (variance - share * heard[0].var(1)) / (1 - share)
    return (mean, variance.sqrt()) if bool((variance > 0).all()) else None


@contextmanager
def _hearing(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Keep what first enters a layer, (channels, values)."""
    heard: list[Tensor] = []

    def listen(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        if not heard:
            heard.append(inputs[0].detach().transpose(0, 1).flatten(1).double())

    handle = layer.register_forward_pre_hook(listen)
    try:
        yield heard
    finally:
        handle.remove()


def _first_norm(copies: Copies) -> Any:
    """The first batch normalisation, if it has been trained before."""
    parts = [part for module in copies.modules.values() for part in module.modules()]
    norms = [one for one in parts if isinstance(one, nn.modules.batchnorm._BatchNorm)]
    trained = bool(norms) and norms[0].track_running_stats and int(norms[0].num_batches_tracked or 0)
    return norms[0] if trained and trained >= FEWEST_BATCHES else None
