"""The Hopfield network: patterns are stored as states of rest, and recalled from a part of them."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class HopfieldNetwork(nn.Module):
    """Remembers patterns of -1 and 1, and gives back the one that a damaged pattern is nearest to.

    Use it as an associative memory for few patterns that have little in common, and to see what one is. It
    recalls at most about 0.138 random patterns for each unit; beyond that all are lost at once.

        W_ij = sum_p x_pi x_pj,   W_ii = 0
        x_i <- sign(sum_j W_ij x_j)   unit by unit; where the sum is 0, x_i stays
        E(x) = -1/2 sum_ij W_ij x_i x_j   which no such step raises

    `store` writes patterns, of which nothing but W is kept; a call recalls.

    Args:
        n_units: numbers of a pattern.
        n_sweeps: times that a recall goes through all units.

    Raises:
        InputError: in `store`, when a pattern holds other numbers than -1 and 1.

    Example:
        >>> network = HopfieldNetwork(n_units=6)
        >>> network.store(torch.tensor([[1.0, 1, 1, -1, -1, -1], [1.0, -1, 1, -1, 1, -1]]))
        >>> network(torch.tensor([[1.0, 1, 1, -1, -1, 1]]))
        tensor([[ 1.,  1.,  1., -1., -1., -1.]])

    Source:
        Hopfield (1982), "Neural networks and physical systems with emergent collective computational
        abilities", doi:10.1073/pnas.79.8.2554; how many patterns it holds: Amit, Gutfreund and Sompolinsky
        (1985), "Storing Infinite Numbers of Patterns in a Spin-Glass Model of Neural Networks",
        doi:10.1103/PhysRevLett.55.1530.
        Differs: units are -1 and 1 instead of 0 and 1, and take their turn in order instead of at random.
    """

    weight: Tensor

    def __init__(self, n_units: int, n_sweeps: int = 10) -> None:
        super().__init__()
        self.n_units, self.n_sweeps = n_units, n_sweeps
        self.register_buffer("weight", torch.zeros(n_units, n_units))

    @torch.no_grad()
    def store(self, patterns: Float[Tensor, "patterns units"]) -> None:
        """Add patterns to what is remembered.

        Args:
            patterns: of -1 and 1.
        """
        if not bool((patterns.abs() == 1).all()):
            raise InputError(
                "patterns must be of -1 and 1", "other numbers", "take the sign of what they hold"
            )
        added = patterns.T @ patterns
        self.weight += (added - added.diagonal().diag()).to(self.weight)

    def forward(self, x: Float[Tensor, "batch units"]) -> Float[Tensor, "batch units"]:
        """What is remembered of each row.

        Args:
            x: patterns of -1 and 1, perhaps damaged; 0 where a number is not known.
        """
        place = torch.arange(self.n_units, device=x.device)
        for _ in range(self.n_sweeps):
            for unit in range(self.n_units):
                pull = x @ self.weight[unit].to(x.dtype)
                turned = torch.where(pull == 0, x[:, unit], pull.sign())
                x = torch.where(place == unit, turned[:, None], x)
        return x

    def energy(self, x: Float[Tensor, "batch units"]) -> Float[Tensor, " batch"]:
        """How far each row is from rest: no step of a recall raises it.

        Args:
            x: patterns.
        """
        return -((x @ self.weight.to(x)) * x).sum(1) / 2

    def extra_repr(self) -> str:
        return f"n_units={self.n_units}, n_sweeps={self.n_sweeps}"
