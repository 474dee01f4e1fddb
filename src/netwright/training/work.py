"""How much a step computes, also where a weight is used at many places of a row."""

from typing import Any

import torch
from torch import Tensor, nn

from netwright.training.objective import count_work

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def step_work(network: nn.Module, inputs: Any, batch_size: int) -> float:
    """Estimate the floating-point operations of one training step, convolutions by the places they look at.

    A kernel takes part in one multiplication and addition forward, and two backward, for each place of its
    map. How many places there are is found by letting one row pass.

    Args:
        network: in any mode, which is left as it was.
        inputs: of one row or more; anything but a tensor is not passed, and each weight counts once a row, or
            once a step where the inputs say by `n_steps` how many a row has.
        batch_size: rows in a step.

    Example:
        >>> step_work(nn.Conv2d(1, 8, 3), torch.zeros(1, 1, 6, 6), batch_size=2)
        13824.0
    """
    work = count_work(network.parameters(), batch_size) * getattr(inputs, "n_steps", 1)
    convolutions = [module for module in network.modules() if isinstance(module, CONVOLUTIONS)]
    if not convolutions or not isinstance(inputs, Tensor):
        return work
    places: list[float] = []

    def count(module: nn.Module, _: Any, maps: Tensor) -> None:
        assert isinstance(module.weight, Tensor)  # noqa: S101  (every convolution has one)
        places.append(module.weight.numel() * (maps[0, 0].numel() - 1))

    modes = [(module, module.training) for module in network.modules()]
    hooks = [module.register_forward_hook(count) for module in convolutions]
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            network.eval()(inputs[:1])
    except Exception:  # an objective may call its network with other things than the inputs
        return work
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes:
            module.training = training
    return work + 6.0 * batch_size * sum(places)
