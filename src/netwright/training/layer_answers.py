"""What any layer of a network gives for many rows, in batches."""

from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.training.predicting import predict


def predict_layer(
    network: nn.Module,
    inputs: Any,
    layer: str | nn.Module | None = None,
    *,
    batch_size: int = 1024,
    device: str | torch.device | None = None,
) -> Tensor:
    """Return what one layer of a network gives for all rows; what stands behind it is not computed.

    Use it to look into a network, and for its features: without a layer, what its last linear layer is given,
    which is the network with its head cut off. The network computes in evaluation mode without gradients and
    stays as it is.

    Args:
        network: any module.
        inputs: a tensor, or samples of inputs.
        layer: its name as `named_modules` gives it, or itself; None for what the last linear layer is given.
        batch_size: rows that pass the network together.
        device: where it computes; None for where the network is.

    Raises:
        InputError: when the network has no such layer, the rows do not pass it, or it gives no tensor with
            one entry for each row.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3))
        >>> predict_layer(network, torch.ones(5, 2)).shape
        torch.Size([5, 4])
        >>> torch.equal(predict_layer(network, torch.ones(5, 2), "2"), predict(network, torch.ones(5, 2)))
        True
    """
    answer: Tensor = predict(UpTo(network, layer), inputs, batch_size=batch_size, device=device)
    return answer


def find_layer(network: nn.Module, layer: str | nn.Module) -> nn.Module:
    """Return a layer by its name.

    Args:
        network: that holds it.
        layer: its name as `named_modules` gives it, or itself.

    Raises:
        InputError: when the network has no such layer; the message lists names.

    Example:
        >>> find_layer(nn.Sequential(nn.Flatten(), nn.ReLU()), "1")
        ReLU()
    """
    known: dict[str, nn.Module] = dict(network.named_modules())
    if isinstance(layer, nn.Module):
        if not any(layer is one for one in known.values()):
            raise InputError("layer must be a part of the network", type(layer).__name__, "give its name")
        return layer
    if layer not in known:
        names = ", ".join([name for name in known if name][-8:])
        raise InputError("layer must be a name of the network", repr(layer), f"such as {names}")
    return known[layer]


class _ReachedError(Exception):
    """Carries a layer's answer out of the network, so that nothing behind it is computed."""


@final
class UpTo(nn.Module):
    """A network that answers with what one of its layers gives, or what its last linear layer is given.

    Use it where a gradient is wanted too; otherwise `predict_layer`.

    Args:
        network: any module, whose parts it shares.
        layer: a name or a part of it; None for what the last linear layer is given.

    Raises:
        InputError: in forward, when there is no such layer, the rows do not pass it, or it gives no tensor.

    Example:
        >>> UpTo(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), None)(torch.ones(2, 2, 2)).shape
        torch.Size([2, 4])
    """

    def __init__(self, network: nn.Module, layer: str | nn.Module | None) -> None:
        super().__init__()
        self.network, self.layer = network, layer

    def forward(self, *inputs: Any) -> Tensor:
        if self.layer is None:
            hook = _last_linear(self.network).register_forward_pre_hook(_tell_input)
        else:
            hook = find_layer(self.network, self.layer).register_forward_hook(_tell_output)
        try:
            self.network(*inputs)
        except _ReachedError as reached:
            found = reached.args[0]
            if not isinstance(found, Tensor):
                raise InputError("layer must give a tensor", type(found).__name__, "name another") from None
            return found
        finally:
            hook.remove()
        raise InputError("layer must be one that the rows pass", repr(self.layer), "name another")


def _tell_input(_: nn.Module, given: tuple[Any, ...]) -> None:
    raise _ReachedError(given[0])


def _tell_output(_: nn.Module, __: Any, answer: Any) -> None:
    raise _ReachedError(answer)


def _last_linear(network: nn.Module) -> nn.Module:
    found = [module for module in network.modules() if isinstance(module, nn.Linear)]
    if not found:
        mend = "name a layer"
        raise InputError("the network must have a linear layer as its head", type(network).__name__, mend)
    return found[-1]
