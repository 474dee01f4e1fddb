"""Layers of members side by side: each has weights of its own, and all are computed in one product."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn


@final
class MemberLinear(nn.Module):
    """The linear layers of all members in one product.

        y_k = x_k W_k + b_k

    Args:
        layers: one for each member, whose weights are copied.
        shared: whether all members are given the same, (batch, ..., features); else each its own,
            (members, batch, ..., features).

    Example:
        >>> layer = MemberLinear([nn.Linear(3, 2) for _ in range(4)], shared=True)
        >>> layer(torch.zeros(5, 3)).shape
        torch.Size([4, 5, 2])
    """

    def __init__(self, layers: Sequence[nn.Linear], *, shared: bool) -> None:
        super().__init__()
        self.shared = shared
        with torch.no_grad():
            self.weight = nn.Parameter(torch.stack([layer.weight.T for layer in layers]))
            biases: list[Tensor] = [layer.bias for layer in layers if layer.bias is not None]
            self.bias = nn.Parameter(torch.stack(biases).unsqueeze(1)) if biases else None

    @property
    def n_members(self) -> int:
        """How many there are."""
        return self.weight.shape[0]

    def forward(self, x: Tensor) -> Tensor:
        if self.shared:
            x = x.expand(self.n_members, *x.shape)
        rows = x if x.ndim == 3 else x.flatten(1, -2)
        y = torch.bmm(rows, self.weight) if self.bias is None else torch.baddbmm(self.bias, rows, self.weight)
        return y.view(*x.shape[:-1], y.shape[-1])


@final
class OneByOne(nn.Module):
    """Layers of members that are computed one after the other.

    Args:
        layers: one for each member.
        shared: whether all members are given the same; else each its own, along the first axis.

    Example:
        >>> OneByOne([nn.Conv1d(1, 2, 3) for _ in range(4)], shared=True)(torch.zeros(5, 1, 8)).shape
        torch.Size([4, 5, 2, 6])
    """

    def __init__(self, layers: Sequence[nn.Module], *, shared: bool) -> None:
        super().__init__()
        self.members, self.shared = nn.ModuleList(layers), shared

    def forward(self, x: Any) -> Tensor:
        if self.shared:
            return torch.stack([member(x) for member in self.members])
        return torch.stack([member(own) for member, own in zip(self.members, x, strict=True)])


@final
class Spread(nn.Module):
    """Gives each member the same.

    Args:
        n_members: how many there are.

    Example:
        >>> Spread(4)(torch.zeros(5, 3)).shape
        torch.Size([4, 5, 3])
    """

    def __init__(self, n_members: int) -> None:
        super().__init__()
        self.n_members = n_members

    def forward(self, x: Tensor) -> Tensor:
        return x.expand(self.n_members, *x.shape)


@final
class MemberOutputs(nn.Module):
    """Lays what members give row by row, and gives each the gradient of the mean of its own losses.

    A loss that is averaged over members gives each of them only its share of the gradient, which in training
    is made whole here.

    Args:
        n_members: how many there are.

    Example:
        >>> MemberOutputs(4)(torch.zeros(4, 5, 2)).shape
        torch.Size([5, 4, 2])
    """

    def __init__(self, n_members: int) -> None:
        super().__init__()
        self.n_members = n_members

    def forward(self, x: Tensor) -> Tensor:
        if self.training and torch.is_grad_enabled():
            x = _Louder.apply(x, float(self.n_members))  # type: ignore[no-untyped-call]
        return x.transpose(0, 1)


class _Louder(torch.autograd.Function):
    """Leaves numbers as they are, and makes their gradient larger."""

    @staticmethod
    def forward(x: Tensor, factor: float) -> Tensor:  # noqa: ARG004  (torch gives it)
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:  # noqa: ARG004
        ctx.factor = inputs[1]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.factor, None
