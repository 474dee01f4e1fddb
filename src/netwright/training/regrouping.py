"""The state of an optimizer that moves one flat vector, for one that moves each parameter, and back."""

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


def suited(state: dict[str, Any], optimizer: Optimizer) -> dict[str, Any]:
    """Return a state_dict as the optimizer takes it, where it is that of the same weights cut otherwise.

    The hand-written path moves one flat vector of all weights, autograd each parameter; a run goes on with
    the other one where the number of processes says so, as batch normalisation that is synchronised does.
    Only optimizers that treat each weight by itself are ever given a flat vector.

    Args:
        state: of an optimizer of the same kind.
        optimizer: which is to take it.

    Example:
        >>> flat = torch.nn.Parameter(torch.zeros(3))
        >>> flat.grad = torch.tensor([1.0, 2.0, 3.0])
        >>> one = torch.optim.SGD([flat], momentum=0.9)
        >>> one.step()
        >>> two = torch.optim.SGD([torch.nn.Parameter(torch.zeros(n)) for n in (1, 2)], momentum=0.9)
        >>> two.load_state_dict(suited(one.state_dict(), two))
        >>> [entry["momentum_buffer"].tolist() for entry in two.state.values()]
        [[1.0], [2.0, 3.0]]
    """
    groups, mine = state["param_groups"], optimizer.param_groups
    cut = [[len(group["params"]) for group in of] for of in (groups, mine)]
    if cut[0] == cut[1] or len(groups) != 1 or len(mine) != 1:
        return state
    entries, parameters = state["state"], mine[0]["params"]
    if len(entries) == 1 and len(parameters) > 1:
        entries = _apart(next(iter(entries.values())), parameters)
    elif len(parameters) == 1 and len(entries) == len(groups[0]["params"]):
        entries = {0: {name: _joined([entry[name] for entry in entries.values()]) for name in entries[0]}}
    return {"state": entries, "param_groups": [{**groups[0], "params": list(range(len(parameters)))}]}


def _apart(entry: dict[str, Any], parameters: list[Tensor]) -> dict[int, dict[str, Any]]:
    sizes = [parameter.numel() for parameter in parameters]

    def part(value: Any, place: int) -> Any:
        if not isinstance(value, Tensor):
            return value
        if value.ndim == 0:
            return value.clone()
        return torch.split(value, sizes)[place].view(parameters[place].shape).clone()

    return {place: {name: part(value, place) for name, value in entry.items()} for place in range(len(sizes))}


def _joined(values: list[Any]) -> Any:
    if not isinstance(values[0], Tensor) or values[0].ndim == 0:
        return values[0]
    return torch.cat([value.flatten() for value in values])
