"""Signals on their way through a network: how large they are behind each layer."""

import copy
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

LARGEST_RATIO = 1e3
EDGE = 0.01
"""Distance to a bound, as a share of the range, below which a bounded unit stands at it."""
LOWEST, HIGHEST = 0.5, 2.0
BOUNDS: dict[type[nn.Module], tuple[float, float]] = {nn.Tanh: (-1.0, 1.0), nn.Sigmoid: (0.0, 1.0)}


@dataclass(frozen=True)
class LayerSignal:
    """What a layer gives.

    Args:
        name: of the layer.
        deviation: standard deviation over all rows and units.
        at_bounds: share of the values that stand at a bound; 0 for layers without bounds.

    Example:
        >>> LayerSignal("0", 1.2).at_bounds
        0.0
    """

    name: str
    deviation: float
    at_bounds: float = 0.0


@dataclass(frozen=True)
class Signals:
    """Signals from the first layer to the last.

    Args:
        weighted: behind layers with weights.
        bounded: behind tanh and sigmoid.

    Example:
        >>> Signals((LayerSignal("0", 1.0), LayerSignal("2", 1e-6)), ()).verdict
        'vanishing'
    """

    weighted: tuple[LayerSignal, ...]
    bounded: tuple[LayerSignal, ...]

    @property
    def ratio(self) -> float:
        """Deviation behind the last layer with weights over that behind the first."""
        if len(self.weighted) < 2:
            return 1.0
        return self.weighted[-1].deviation / max(self.weighted[0].deviation, 1e-300)

    @property
    def all_within(self) -> bool:
        """Whether every layer with weights gives a deviation from 0.5 to 2."""
        return all(LOWEST <= one.deviation <= HIGHEST for one in self.weighted)

    @property
    def verdict(self) -> Literal["vanishing", "exploding", "saturated", "steady"]:
        """What becomes of the signal: 1000 times smaller or larger, or more than half of it at a bound."""
        if not self.ratio >= 1 / LARGEST_RATIO:
            return "vanishing"
        if self.ratio > LARGEST_RATIO:
            return "exploding"
        shares = sorted(one.at_bounds for one in self.bounded)
        return "saturated" if shares and shares[len(shares) // 2] > 0.5 else "steady"


def trace_signals(network: nn.Module, *inputs: Tensor) -> Signals:
    """Tell how large the signal is behind each layer of a network, for some rows.

    Use it before training: weights that are too small make the signal smaller from layer to layer until
    nothing is left, weights that are too large make it grow, or press bounded units against their bounds.
    A deviation from 0.5 to 2 behind every layer is a good beginning. Works on a copy, in evaluation mode;
    what is no layer of its own, such as a function called in forward, is not heard.

    Args:
        network: whose.
        inputs: rows, as it takes them.

    Example:
        >>> network = nn.Sequential(*(nn.Linear(50, 50) for _ in range(20)))
        >>> for layer in network:
        ...     _ = nn.init.normal_(layer.weight, std=0.01)
        ...     _ = nn.init.zeros_(layer.bias)
        >>> trace_signals(network, torch.randn(64, 50)).verdict
        'vanishing'

    Source:
        Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural
        networks", https://proceedings.mlr.press/v9/glorot10a.html
    """
    twin = copy.deepcopy(network).eval()
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        return hear_signals(twin, lambda: twin(*inputs))


def hear_signals(network: nn.Module, call: Any) -> Signals:
    """Return the signals behind the layers of a network while something calls it.

    Args:
        network: whose layers are listened to.
        call: a function without arguments.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> len(hear_signals(layer, lambda: layer(torch.randn(4, 3))).weighted)
        1
    """
    weighted: list[LayerSignal] = []
    bounded: list[LayerSignal] = []

    def listener(name: str) -> Any:
        def listen(layer: nn.Module, _inputs: Any, output: Any) -> None:
            output = output[0] if isinstance(output, tuple) else output
            if not isinstance(output, Tensor) or not output.is_floating_point() or output.numel() < 2:
                return
            values = output.detach().double()
            bounds = BOUNDS.get(type(layer))
            if bounds is not None:
                bounded.append(LayerSignal(name, float(values.std()), _at_bounds(values, *bounds)))
            elif any(one.ndim > 1 for one in layer.parameters(recurse=False)):
                weighted.append(LayerSignal(name, float(values.std())))

        return listen

    leaves = [
        (name, part) for name, part in network.named_modules() if not any(True for _ in part.children())
    ]
    handles = [part.register_forward_hook(listener(name)) for name, part in leaves]
    try:
        call()
    finally:
        for handle in handles:
            handle.remove()
    return Signals(tuple(weighted), tuple(bounded))


def _at_bounds(values: Tensor, low: float, high: float) -> float:
    edge = EDGE * (high - low) / 2
    return float(((values < low + edge) | (values > high - edge)).double().mean())
