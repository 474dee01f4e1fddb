"""Every process holds the whole network; their gradients are averaged after each backward pass."""

from collections.abc import Iterable, Iterator, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.distribute.world import World

BUCKET = 2**23
"""Numbers that travel at once: 32 MB of float32, so that averaging needs little memory of its own."""


def replicate(network: nn.Module, world: World) -> None:
    """Give every process the first one's parameters and buffers.

    Args:
        network: built alike in every process.
        world: the processes.

    Example:
        >>> replicate(nn.Linear(2, 1), World())
    """
    if world.size == 1:
        return
    for tensor in [*network.parameters(), *network.buffers()]:
        dist.broadcast(tensor.detach(), src=0)


def average_gradients(parameters: Iterable[nn.Parameter], world: World) -> None:
    """Replace each gradient by its mean over all processes.

    Call it between the backward pass and the optimizer's step. It looks at nothing but the gradients, so it
    serves any objective: several players, frozen parts, submodules called on their own, accumulated batches.
    A parameter that took part in one process alone counts as zero in the others; one that took part in none
    keeps its None.

        g <- 1/R sum_r g_r

    Args:
        parameters: in the same order in every process.
        world: the processes, R of them.

    Raises:
        InputError: when a gradient is sparse.

    Example:
        >>> layer = nn.Linear(2, 1)
        >>> layer(torch.ones(1, 2)).sum().backward()
        >>> average_gradients(layer.parameters(), World())

    Source:
        Li et al. (2020), "PyTorch Distributed: Experiences on Accelerating Data Parallel Training",
        arXiv:2006.15704.
        Differs: averages after the backward pass, not during it, which on processors costs the same.
    """
    if world.size > 1:
        for bucket in _buckets([parameter for parameter in parameters if parameter.requires_grad]):
            _average(bucket, world)


def average(tensor: Tensor, world: World) -> None:
    """Replace a tensor by its mean over all processes, in place: one message for a flat gradient.

    Args:
        tensor: of the same shape in every process.
        world: the processes.

    Example:
        >>> average(torch.ones(3), World())
    """
    if world.size > 1:
        dist.all_reduce(tensor)
        tensor /= world.size


def _buckets(parameters: Sequence[nn.Parameter]) -> Iterator[list[nn.Parameter]]:
    """Give the parameters in runs of one type that are not too long, cut alike in every process."""
    bucket: list[nn.Parameter] = []
    size = 0
    for parameter in parameters:
        if bucket and (parameter.dtype != bucket[0].dtype or size + parameter.numel() > BUCKET):
            yield bucket
            bucket, size = [], 0
        bucket.append(parameter)
        size += parameter.numel()
    if bucket:
        yield bucket


def _average(bucket: Sequence[nn.Parameter], world: World) -> None:
    """Send the gradients as one tensor, with a number behind them for each that says whether it is there."""
    here = [parameter.grad is not None for parameter in bucket]
    parts = [torch.zeros_like(p) if p.grad is None else _dense(p.grad) for p in bucket]
    flat = torch.cat([*(part.reshape(-1) for part in parts), parts[0].new_tensor(here)])
    average(flat, world)
    *means, there = flat.split_with_sizes([*(part.numel() for part in parts), len(bucket)])
    for place, (parameter, mean) in enumerate(zip(bucket, means, strict=True)):
        if parameter.grad is not None:
            parameter.grad.copy_(mean.view_as(parameter.grad))
        elif there[place] > 0:
            parameter.grad = mean.view_as(parameter).clone()


def _dense(gradient: Tensor) -> Tensor:
    if gradient.is_sparse:
        raise InputError("gradients must be dense", "a sparse one", "use nn.Embedding(sparse=False)")
    return gradient
