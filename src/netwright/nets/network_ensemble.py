"""Networks of one kind side by side, computed at once where their layers allow it."""

from collections.abc import Iterable, Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from netwright.core.errors import InputError

ELEMENTWISE = (
    nn.ReLU,
    nn.LeakyReLU,
    nn.ELU,
    nn.CELU,
    nn.SELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Tanh,
    nn.Sigmoid,
    nn.Softplus,
    nn.Hardtanh,
    nn.ReLU6,
    nn.Dropout,
    nn.AlphaDropout,
    nn.Identity,
)
"""Layers without weights that treat each number by itself, whatever axes there are."""


@final
class NetworkEnsemble(nn.Module):
    """Several networks of one architecture, each with weights of its own, that learn and answer at once.

    Use it for an ensemble of small networks: linear layers of all members are one product of matrices, so
    that ten networks cost little more than one. Layers that cannot be computed together are computed one
    after the other. What a member is given back in training is its own gradient, as if it learned alone from
    the mean of its own losses, though the loss is averaged over members.

        y_k = f_k(x),   k = 1 .. members

    Args:
        networks: freshly built, of one kind; their weights are copied.

    Raises:
        InputError: when there is none, or their weights differ in shape.

    Example:
        >>> members = [nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2)) for _ in range(10)]
        >>> ensemble = NetworkEnsemble(members)
        >>> y = ensemble(torch.ones(5, 3))
        >>> y.shape, torch.allclose(y[:, 4], members[4](torch.ones(5, 3)), atol=1e-6)
        (torch.Size([5, 10, 2]), True)

    Source:
        Lakshminarayanan, Pritzel and Blundell (2016), "Simple and Scalable Predictive Uncertainty Estimation
        using Deep Ensembles", arXiv:1612.01474.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        shapes = [[(name, w.shape) for name, w in one.named_parameters()] for one in networks]
        if not networks or any(other != shapes[0] for other in shapes):
            came = f"{len(networks)} of different kinds" if networks else "none"
            raise InputError("networks must be of one kind, one or more", came, "build them alike")
        self.n_members = len(networks)
        chains = [list(_leaves(network)) for network in networks]
        self.layers = nn.Sequential(*(_together(layers) for layers in zip(*chains, strict=True)))

    def forward(self, x: Any) -> Tensor:
        y: Any = _Shared(x)
        for layer in self.layers:
            y = layer(y)
        outputs: Tensor = y.stacked(self.n_members) if isinstance(y, _Shared) else y  # (members, rows, ...)
        if self.training and torch.is_grad_enabled():
            outputs = _Louder.apply(outputs, float(self.n_members))  # type: ignore[no-untyped-call]
        return outputs.transpose(0, 1)


class _Shared:
    """What all members are given alike."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def stacked(self, n_members: int) -> Tensor:
        """The same for each member, without a copy."""
        stacked: Tensor = self.value.expand(n_members, *self.value.shape)
        return stacked


class _Louder(torch.autograd.Function):
    """Leaves numbers as they are, and makes their gradient larger."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.factor, None


class _Linears(nn.Module):
    """The linear layers of all members in one product."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        with torch.no_grad():
            self.weight = nn.Parameter(torch.stack([layer.weight.T for layer in layers]))
            biases = [layer.bias for layer in layers if layer.bias is not None]
            self.bias = nn.Parameter(torch.stack(biases).unsqueeze(1)) if biases else None

    def forward(self, given: Any) -> Tensor:
        x = given.stacked(len(self.weight)) if isinstance(given, _Shared) else given
        if x.ndim != 3:
            middle = x.flatten(1, -2)
            return self._product(middle).unflatten(1, x.shape[1:-1])
        return self._product(x)

    def _product(self, x: Tensor) -> Tensor:
        return torch.bmm(x, self.weight) if self.bias is None else torch.baddbmm(self.bias, x, self.weight)


class _Elementwise(nn.Module):
    """A layer without weights over the numbers of all members; what is drawn is each member's own."""

    def __init__(self, layer: nn.Module, n_members: int) -> None:
        super().__init__()
        self.layer, self.n_members = layer, n_members
        self.draws = isinstance(layer, (nn.Dropout, nn.AlphaDropout)) and layer.p > 0

    def forward(self, given: Any) -> Any:
        if not isinstance(given, _Shared):
            return self.layer(given)
        if self.draws and self.training:
            return self.layer(given.stacked(self.n_members))
        return _Shared(self.layer(given.value))


class _OneByOne(nn.Module):
    """Layers that are computed one after the other."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(layers)

    def forward(self, given: Any) -> Tensor:
        if isinstance(given, _Shared):
            return torch.stack([member(given.value) for member in self.members])
        return torch.stack([member(x) for member, x in zip(self.members, given, strict=True)])


def _together(layers: Sequence[Any]) -> nn.Module:
    first = layers[0]
    if type(first) is nn.Linear:
        return _Linears(layers)
    if type(first) in ELEMENTWISE:
        return _Elementwise(first, len(layers))
    return _OneByOne(layers)


def _leaves(module: nn.Module) -> Iterable[nn.Module]:
    """The layers of a chain, or the module itself where it is none."""
    if type(module) is nn.Sequential:
        parts: Iterable[nn.Module] | None = module
    else:
        stack = getattr(module, "as_stack", None)
        parts = None if stack is None else stack()
    if parts is None:
        yield module
    else:
        for part in parts:
            yield from _leaves(part)
