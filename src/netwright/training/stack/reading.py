"""Reads a network as a sequence of layers, or says that it is none."""

from collections.abc import Iterable

import torch
from torch import nn
from torch.nn.modules import module as torch_module

from netwright.core.listening import listeners
from netwright.layers import ColumnsSideBySide
from netwright.training.stack.layers import flattens, idle, widths

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def read(network: nn.Module) -> list[nn.Module] | None:
    """Return the layers of a plain stack in their order, without those that do nothing; else None.

    A leading `nn.Flatten` stays, since it changes rows that are no vectors.

    Args:
        network: any module.

    Example:
        >>> read(nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Identity()), nn.ReLU()))
        [Linear(in_features=2, out_features=3, bias=True), ReLU()]
        >>> read(nn.LSTM(2, 3)) is None
        True
    """
    if any(_watched(module) for module in network.modules()):
        return None
    layers = list(_leaves(network))
    while layers and type(layers[0]) is nn.Identity:
        layers.pop(0)
    flat = layers[:1] if layers and flattens(layers[0]) else []
    layers = [layer for layer in layers if not idle(layer)]
    fits = _fit(layers) and _plain(network, layers)
    return flat + layers if fits else None


def _watched(module: nn.Module) -> bool:
    """Whether someone listens to the module, or has put another forward in the place of its own."""
    everywhere = (
        torch_module._has_any_global_hook()  # type: ignore[no-untyped-call]
        or (nn.Module.__call__ is not nn.Module._wrapped_call_impl and not listeners)  # who are shown steps
    )
    return everywhere or "forward" in vars(module) or any(getattr(module, hooks) for hooks in HOOKS)


def _leaves(module: nn.Module) -> Iterable[nn.Module]:
    if type(module) is nn.Sequential:
        parts: Iterable[nn.Module] | None = module
    else:
        parts = _as_stack(module)
    if parts is None:
        yield module
    else:
        for part in parts:
            yield from _leaves(part)


def _as_stack(module: nn.Module) -> Iterable[nn.Module] | None:
    """What the module says it is made of; a subclass with a forward of its own is not asked."""
    for kind in type(module).__mro__:
        if "as_stack" in vars(kind):
            parts: Iterable[nn.Module] | None = getattr(module, "as_stack")()  # noqa: B009
            return parts
        if "forward" in vars(kind):
            return None
    return None


def _fit(layers: list[nn.Module]) -> bool:
    """Whether every layer is known, and takes what the one before it gives; codes come from no layer."""
    width: int | None = None
    if any(type(layer) is ColumnsSideBySide for layer in layers[1:]):
        return False
    for layer in layers:
        known = widths(layer)
        if known is None or (width is not None and known[0] not in (None, width)):
            return False
        width = known[1] or width
    return width is not None


def _plain(network: nn.Module, layers: list[nn.Module]) -> bool:
    """Whether the layers' parameters are the network's, each its own, all of one kind and free to move."""
    named = [p for _, p in network.named_parameters(remove_duplicate=False)]
    own = [p for layer in layers for p in layer.parameters(recurse=True)]
    if (
        not own
        or {id(p) for p in named} != {id(p) for p in own}
        or len({p.data_ptr() for p in own}) < len(own)
    ):
        return False
    kinds = {(type(p), p.dtype, p.device.type, p.requires_grad, p.is_contiguous()) for p in [*own, *named]}
    allowed = {(nn.Parameter, dtype, "cpu", True, True) for dtype in (torch.float32, torch.float64)}
    return len(kinds) == 1 and kinds <= allowed and len(named) == len(own) and not any(map(_heard, own))


def _heard(parameter: nn.Parameter) -> bool:
    return bool(parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None))
