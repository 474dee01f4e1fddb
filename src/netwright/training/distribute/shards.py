"""Every process holds a part of the network: parameters, gradients and optimizer state divided among all."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, final

from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.optim import Optimizer

from netwright.core.errors import InputError
from netwright.training.distribute.replicas import replicate
from netwright.training.distribute.world import World

Answer = TypeVar("Answer")

SMALLEST_BLOCK = 10_000
"""Parameters below which a block of its own costs more in messages than it saves in memory."""

LARGEST_SHARE = 4
"""A module with more than this part (1/4) of all parameters is divided further where it can be."""


@final
class Sharded(nn.Module):
    """A network divided among processes, whose parts come together while something is computed with it.

    Everything that is computed with the network goes through it: `sharded(objective.loss, batch)` is
    `objective.loss(network, batch)` with every parameter in reach, also where the objective calls parts of
    the network on their own. All processes must call it as often as each other.

    Args:
        network: with its blocks divided.

    Example:
        >>> import torch
        >>> sharded = Sharded(nn.Linear(2, 1))
        >>> sharded(lambda network, batch: network(batch).shape, torch.zeros(3, 2))
        torch.Size([3, 1])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, compute: Callable[[nn.Module, Any], Answer], batch: Any) -> Answer:
        return compute(self.network, batch)


@contextmanager
def sharded(network: nn.Module, world: World) -> Iterator[Sharded]:
    """Divide parameters, gradients and optimizer state of a network among all processes, for one block.

    Use it for networks that outgrow one device; what fits is faster replicated. Parts of the network are put
    together just before they compute, forward and backward, and taken apart again. With R processes each
    holds 1/R of 16 bytes per parameter (`memory_per_parameter`). Make the optimizers inside the block, of the
    parameters of `.network`; their gradients come averaged. When the block ends well, the network has its
    whole parameters back; after an error it is empty.

    Args:
        network: built alike in every process, on its device, where it must fit before and afterwards.
        world: the processes.

    Raises:
        InputError: when there is only one process.

    Example:
        >>> with sharded(nn.Linear(2, 1), World()):
        ...     pass
        Traceback (most recent call last):
        netwright.core.errors.InputError: sharding needs several processes, got one; start it ...

    Source:
        Rajbhandari et al. (2019), "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models",
        arXiv:1910.02054 (stage 3), as torch's fully_shard does it.
    """
    if world.size == 1:
        raise InputError(
            "sharding needs several processes", "one", "start it with torchrun --nproc-per-node 2 ..."
        )
    from torch.distributed.fsdp import fully_shard  # 2 seconds, only for those who divide

    replicate(network, world)
    twin = _twin(network)
    mesh = init_device_mesh(next(twin.parameters()).device.type, (world.size,))
    whole = Sharded(twin)
    for module in [*blocks(twin), whole]:
        divided: Any = fully_shard(module, mesh=mesh)
        # not by ReduceOp.AVG, which in some versions of torch silently sums on gloo: pytorch/pytorch#162338
        divided.set_force_sum_reduction_for_comms(enable=True)
    for parameter in network.parameters():
        parameter.data = parameter.new_empty(0)
    yield whole
    state = full_state(twin)
    for name, parameter in network.named_parameters():
        parameter.data = state.pop(name).to(parameter.device)
    network.load_state_dict(state, strict=False)


def _twin(network: nn.Module) -> nn.Module:
    """Return a copy that has the very parameters and buffers of the network.

    torch cannot undo what it does to modules that it divides, so it does it to these.
    """
    memo: dict[int, Any] = {id(tensor): tensor for tensor in [*network.parameters(), *network.buffers()]}
    return copy.deepcopy(network, memo)


def blocks(network: nn.Module) -> Iterator[nn.Module]:
    """Give the modules that are put together one at a time; what lies in none of them stays together.

    They are the largest modules with at most a quarter of all parameters, found by going down through lists
    and through modules without parameters of their own. Parameters that stand in two places (tied weights)
    are left to the whole.

    Args:
        network: not yet divided.

    Example:
        >>> network = nn.Sequential(*(nn.Linear(100, 100) for _ in range(4)), nn.Linear(100, 1))
        >>> [block.out_features for block in blocks(network)]
        [100, 100, 100, 100]
    """
    places = Counter(id(p) for module in network.modules() for p in module.parameters(recurse=False))
    tied = {place for place, times in places.items() if times > 1}
    largest = _count(network) / LARGEST_SHARE

    def below(module: nn.Module) -> Iterator[nn.Module]:
        for child in module.children():
            own = any(True for _ in child.parameters(recurse=False))
            divisible = not own and any(True for _ in child.children())
            if divisible and (isinstance(child, LISTS) or _count(child) > largest):
                yield from below(child)
            elif _count(child) >= SMALLEST_BLOCK and not any(id(p) in tied for p in child.parameters()):
                yield child

    return below(network)


LISTS = (nn.ModuleList, nn.ModuleDict)
"""Containers that compute nothing themselves."""


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def full_state(owner: nn.Module | Optimizer | dict[str, Any]) -> dict[str, Any]:
    """Return the state of a network or an optimizer with every divided tensor made whole, on the processor.

    It is what a single process would have, so that one saves it and any number of them load it. All processes
    must ask for it.

    Args:
        owner: divided or not; or a dictionary of states, nested as you like.

    Example:
        >>> sorted(full_state(nn.Linear(2, 1)))
        ['bias', 'weight']
    """
    state = owner if isinstance(owner, dict) else owner.state_dict()
    whole: dict[str, Any] = _change(state, _whole)
    return whole


def load_full_state(owner: nn.Module | Optimizer, state: dict[str, Any]) -> None:
    """Give a network or an optimizer, divided or not, the state that `full_state` returned.

    Args:
        owner: of the same structure as the one that gave the state.
        state: the same in all processes.

    Example:
        >>> layer = nn.Linear(2, 1)
        >>> load_full_state(layer, full_state(nn.Linear(2, 1)))
    """
    if isinstance(owner, Optimizer):
        parameters = [p for group in owner.param_groups for p in group["params"]]
        parts = {
            place: {name: _part(value, parameters[place]) for name, value in entry.items()}
            for place, entry in state["state"].items()
        }
        owner.load_state_dict({**state, "state": parts})
        return
    like = owner.state_dict()
    owner.load_state_dict({name: _part(value, like.get(name)) for name, value in state.items()})


def memory_per_parameter(stage: int, n_processes: int) -> float:
    """Return the bytes per parameter that each process holds with half-precision Adam, without activations.

    Two bytes for the parameter, two for its gradient, twelve for the optimizer: parameter, momentum and
    variance in single precision. Stage 1 divides the optimizer's part, stage 2 the gradients too, stage 3
    everything, which is what `sharded` does; stage 0 is replication.

        0: 2 + 2 + 12   1: 2 + 2 + 12/R   2: 2 + (2 + 12)/R   3: (2 + 2 + 12)/R

    Args:
        stage: 0 to 3.
        n_processes: R.

    Raises:
        InputError: when a number is out of its range.

    Example:
        >>> [memory_per_parameter(stage, 64) for stage in range(4)]
        [16.0, 4.1875, 2.21875, 0.25]

    Source:
        Rajbhandari et al. (2019), "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models",
        arXiv:1910.02054, figure 1 and section 5.
    """
    if stage not in range(4):
        raise InputError("stage must be 0, 1, 2 or 3", repr(stage)[:40], "3 divides everything")
    if n_processes < 1:
        raise InputError("n_processes must be at least 1", repr(n_processes)[:40], "count this process too")
    divided = sum(PARTS[:stage])
    return sum(PARTS) - divided + divided / n_processes


PARTS = (12, 2, 2)
"""Bytes of optimizer, gradient and parameter, in the order in which the stages divide them."""


def _change(state: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(state, dict):
        return type(state)({name: _change(value, change) for name, value in state.items()})
    if isinstance(state, (list, tuple)):
        return type(state)(_change(value, change) for value in state)
    return change(state)


def _whole(value: Any) -> Any:
    if is_divided(value):
        value = value.full_tensor()
    return value.detach().cpu() if isinstance(value, Tensor) else value


def _part(value: Any, like: Any) -> Any:
    """Return this process's part of a value, divided as the tensor that it belongs to."""
    if not (isinstance(value, Tensor) and is_divided(like) and value.shape == like.shape):
        return value
    from torch.distributed.tensor import distribute_tensor

    value = value.to(like.device)
    return distribute_tensor(value, like.device_mesh, like.placements, src_data_rank=None)


def is_divided(value: Any) -> bool:
    """Return whether a value is a tensor of which each process holds a part, torch's DTensor.

    Args:
        value: anything.

    Example:
        >>> import torch
        >>> is_divided(torch.zeros(1))
        False
    """
    return isinstance(value, Tensor) and hasattr(value, "full_tensor")
