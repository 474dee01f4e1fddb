"""Networks of one kind side by side, computed at once where their layers allow it."""

from collections.abc import Iterable, Sequence
from typing import Any, final

from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers.ensemble.side_by_side import MemberLinear, MemberOutputs, OneByOne, Spread

DRAWING = (nn.Dropout, nn.AlphaDropout)
ELEMENTWISE = (
    *DRAWING,
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
        >>> import torch
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
        chains = [list(_leaves(network)) for network in networks]
        self.layers = nn.Sequential(*_together(list(zip(*chains, strict=True)), len(networks)))

    def forward(self, x: Any) -> Tensor:
        outputs: Tensor = self.layers(x)  # (rows, members, ...)
        return outputs

    def as_stack(self) -> tuple[nn.Module, ...]:
        """Return the layers that do all its work, one after the other, for training by hand."""
        return tuple(self.layers)


def _together(chain: Sequence[Sequence[Any]], n_members: int) -> Iterable[nn.Module]:
    """Layers that do the work of all members, from the same rows to answers row by row."""
    shared = True
    for layers in chain:
        first = layers[0]
        if type(first) in ELEMENTWISE:
            if shared and type(first) in DRAWING:  # what is drawn is each member's own
                yield Spread(n_members)
                shared = False
            yield first
            continue
        if type(first) is nn.Linear:
            yield MemberLinear(layers, shared=shared)
        else:
            yield OneByOne(layers, shared=shared)
        shared = False
    if shared:
        yield Spread(n_members)
    yield MemberOutputs(n_members)


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
