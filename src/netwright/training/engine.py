"""How the loop computes: fast path, precision, memory layout, processes."""

from dataclasses import dataclass
from typing import Literal, final

import torch
from sklearn.base import BaseEstimator
from torch import nn

from netwright.core.errors import InputError
from netwright.training.record import Choice

PRECISIONS = ("auto", "float32", "bfloat16")
SHARDINGS = ("auto", "replicated", "full")


@final
@dataclass(eq=False, repr=False)
class Engine(BaseEstimator):  # type: ignore[misc]
    """How the loop computes what it computes; every default is right for most.

    Args:
        fast_path: whether plain stacks of linear layers, activations, dropout and normalisation are computed
            by hand-written forward and backward passes, whose gradients are those of autograd.
        precision: "float32", "bfloat16" (autocast: weights stay in float32), or "auto": bfloat16 for
            networks with convolutions or attention where the machine computes in it, as they gain by it.
        channels_last: whether images lie in memory with their channels last; None where there are
            two-dimensional convolutions.
        sharding: with several processes, "replicated" (each holds the whole network), "full" (each holds a
            part of parameters, gradients and optimizer state), or "auto", which is replicated.

    Raises:
        InputError: in a run, when a field is something else.

    Example:
        >>> Engine(precision="float32")
        Engine(precision='float32')
    """

    fast_path: bool = True
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    channels_last: bool | None = None
    sharding: Literal["auto", "replicated", "full"] = "auto"

    def check(self) -> None:
        """Raise InputError where a field is none of the words that it may be."""
        for name, known in (("precision", PRECISIONS), ("sharding", SHARDINGS)):
            if getattr(self, name) not in known:
                raise InputError(
                    f"{name} must be one of {', '.join(known)}",
                    repr(getattr(self, name))[:40],
                    "choose one of them",
                )

    def choose_precision(self, network: nn.Module, device: torch.device) -> tuple[torch.dtype, list[Choice]]:
        """Return the type in which layers compute, and the choice where there was one.

        Args:
            network: about to be trained.
            device: that it is on.
        """
        if self.precision != "auto":
            return getattr(torch, self.precision), []
        gaining = (nn.modules.conv._ConvNd, nn.MultiheadAttention)
        if not any(isinstance(module, gaining) for module in network.modules()) or not computes_bfloat16(
            device
        ):
            return torch.float32, []
        reason = "convolutions and attention gain by bfloat16 on this machine; weights stay in float32"
        return torch.bfloat16, [
            Choice("precision", "bfloat16", reason, "Kalamkar et al. (2019), arXiv:1905.12322")
        ]

    def lays_channels_last(self, network: nn.Module) -> bool:
        """Return whether images and kernels are laid with their channels last.

        Args:
            network: about to be trained.
        """
        if self.channels_last is not None:
            return self.channels_last
        return any(isinstance(module, nn.Conv2d) for module in network.modules())


def computes_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies matrices in bfloat16 faster than in float32.

    Args:
        device: of the network.

    Example:
        >>> computes_bfloat16(torch.device("meta"))
        False
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
