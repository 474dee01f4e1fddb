"""Where a loss stopped being a finite number: the weights, rows or layer that show it first."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn

from netwright.training.batches import map_tensors
from netwright.training.objective import Player

MOST_ROWS = 5
LARGE = 1e6
"""Weights beyond this have been thrown there by steps that were too long."""


def blame(network: nn.Module, player: Player, batch: Any) -> str:
    """Say in words where numbers that are not finite come from first.

    The batch passes the network once more; weights, buffers and random streams stay as they are.

    Args:
        network: whose loss was not finite, with the weights that it had then.
        player: whose loss it was.
        batch: that gave it.

    Example:
        >>> from netwright.training import Batch, Supervised
        >>> network, objective = nn.Linear(1, 1), Supervised(nn.MSELoss())
        >>> batch = Batch(torch.tensor([[0.0], [torch.nan]]), torch.zeros(2, 1))
        >>> blame(network, objective.players(network)[0], batch)
        'its inputs are not finite in row 2 of the batch'
    """
    for name, parameter in network.named_parameters():
        if not parameter.isfinite().all():
            return (
                f"the weights {name} are no longer finite: the step before was too long, or its gradient odd"
            )
    for name, part in _parts(batch):
        rows = _bad_rows(part)
        if rows:
            named = ", ".join(map(str, rows[:MOST_ROWS])) + (" and more" if len(rows) > MOST_ROWS else "")
            return f"its {name} are not finite in row{'s' * (len(rows) > 1)} {named} of the batch"
    return _blame_layer(network, player, batch)


def _parts(batch: Any) -> list[tuple[str, Any]]:
    """What a batch is made of, by name."""
    if isinstance(batch, dict):
        return list(batch.items())
    if hasattr(batch, "_asdict"):
        plural = {"target": "targets", "weight": "weights of rows"}
        return [(plural.get(name, name), part) for name, part in batch._asdict().items()]
    return [("values", batch)]


def _bad_rows(part: Any) -> list[int]:
    """Rows, from 1, with a number that is not finite."""
    bad: set[int] = set()

    def look(tensor: Tensor) -> Tensor:
        if tensor.is_floating_point() and tensor.ndim:
            finite = tensor.isfinite().reshape(len(tensor), -1).all(1)
            bad.update(row + 1 for row in torch.nonzero(~finite).flatten().tolist())
        return tensor

    map_tensors(part, look)
    return sorted(bad)


def _blame_layer(network: nn.Module, player: Player, batch: Any) -> str:
    """Let the batch pass again, and watch what each layer gives."""
    given: list[tuple[str, nn.Module, float]] = []

    def watch(title: str) -> Any:
        return lambda module, _, output: given.append((title, module, _largest(output)))

    handles = [
        module.register_forward_hook(watch(f"{name or 'the network'} ({type(module).__name__})"))
        for name, module in network.named_modules()
    ]
    try:
        with _unchanged(network), torch.no_grad():
            loss = float(player.loss(network, batch))
    finally:
        for handle in handles:
            handle.remove()
    for title, module, largest in given:
        if not math.isfinite(largest):
            weights = _largest(list(module.parameters(recurse=False)))
            grown = f", whose weights reach {weights:.2g}" if weights > LARGE else ""
            return f"the first output that is not finite is that of {title}{grown}"
    if math.isfinite(loss):
        return "the same batch gives a finite loss now: chance, as in dropout, or precision plays a part"
    title, _, largest = max(given, key=itemgetter(2), default=("the network", network, 0.0))
    return f"every layer's output is finite (up to {largest:.2g}, in {title}), the loss made of them is not"


@contextmanager
def _unchanged(network: nn.Module) -> Iterator[None]:
    """Put buffers and random streams back."""
    kept = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        with torch.no_grad():
            for buffer, before in kept:
                buffer.copy_(before)


def _largest(output: Any) -> float:
    """The largest size of a number in what a layer gave; nan or inf where one is not finite."""
    sizes: list[float] = []

    def look(tensor: Tensor) -> Tensor:
        if tensor.is_floating_point() and tensor.numel():
            sizes.append(float(tensor.detach().abs().max()))  # nan where there is one
        return tensor

    map_tensors(output, look)
    return next((size for size in sizes if not math.isfinite(size)), max(sizes, default=0.0))
