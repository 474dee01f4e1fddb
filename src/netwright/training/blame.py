"""Where a loss stopped being a finite number: the first layer and rows that show it."""

from typing import Any

import torch
from torch import Tensor, nn

from netwright.training.batches import map_tensors
from netwright.training.objective import Player


def blame(network: nn.Module, player: Player, batch: Any) -> str:
    """Say in words where numbers that are not finite come from first.

    The batch passes the network once more; weights and batch-norm statistics stay as they are.

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
            return f"the weights {name} are no longer finite: the step before was too long"
    places = _rows(batch)
    if places:
        return f"its inputs are not finite in {places} of the batch"
    found = _first_layer(network, player, batch)
    return found or "every layer's output is finite, so the loss itself is not made for such values"


def _rows(batch: Any) -> str:
    bad: list[int] = []

    def look(tensor: Tensor) -> Tensor:
        if tensor.is_floating_point() and tensor.ndim:
            bad.extend(
                torch.nonzero(~tensor.isfinite().flatten(1).all(1) if tensor.ndim > 1 else ~tensor.isfinite())
                .flatten()
                .tolist()
            )
        return tensor

    map_tensors(batch, look)
    rows = sorted(set(bad))
    if not rows:
        return ""
    named = ", ".join(str(row + 1) for row in rows[:5]) + (" and more" if len(rows) > 5 else "")
    return f"{'row' if len(rows) == 1 else 'rows'} {named}"


def _first_layer(network: nn.Module, player: Player, batch: Any) -> str:
    found: list[str] = []
    handles = []
    for name, module in network.named_modules():
        if next(module.children(), None) is None:
            title = f"{name or 'the network'} ({type(module).__name__})"
            handles.append(module.register_forward_hook(_watch(title, found)))
    kept = {name: buffer.clone() for name, buffer in network.named_buffers()}
    try:
        with torch.no_grad(), torch.random.fork_rng():
            player.loss(network, batch)
    finally:
        for handle in handles:
            handle.remove()
        for name, buffer in network.named_buffers():
            buffer.copy_(kept[name])
    return f"the first output that is not finite is that of {found[0]}" if found else ""


def _watch(title: str, found: list[str]) -> Any:
    def hook(module: nn.Module, given: Any, output: Any) -> None:
        bad: list[Tensor] = []
        map_tensors(
            output, lambda tensor: bad.append(tensor) or tensor if not tensor.isfinite().all() else tensor
        )  # type: ignore[func-returns-value]
        if bad:
            found.append(title)

    return hook
