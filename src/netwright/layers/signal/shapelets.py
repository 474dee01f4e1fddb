"""Shapelets: short pieces of a series that are learned, and how near a series comes to each."""

from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class Shapelets(nn.Module):
    """Distances between series and short pieces that are learned, each at the place where it fits best.

    Use it in front of a linear layer to classify series by shapes that may stand anywhere, such as a beat or
    a gesture: what it has learned can be drawn.

        D_kj = mean_(l, channels) (x_(j + l) - s_kl)^2,   for every place j
        M_k = sum_j D_kj exp(alpha D_kj) / sum_j exp(alpha D_kj)

    With alpha below 0, M is a smooth minimum over places: at -100 nearly the minimum itself, at 0 the mean.
    Places that touch a step whose mask is False do not count; where none is left, the distance is 0.

    Args:
        channels: of the series.
        sizes: how many shapelets there are of each length, as {10: 8, 20: 8}.
        alpha: of the smooth minimum, 0 or below.

    Raises:
        InputError: when a number is below 1, alpha is above 0, or a series is shorter than a shapelet.

    Example:
        >>> Shapelets(channels=1, sizes={5: 3, 8: 2})(torch.zeros(4, 20, 1)).shape
        torch.Size([4, 5])

    Source:
        Grabocka, Schilling, Wistuba and Schmidt-Thieme (2014), "Learning Time-Series Shapelets",
        doi:10.1145/2623330.2623613.
    """

    def __init__(self, channels: int, sizes: dict[int, int], alpha: float = -100.0) -> None:
        super().__init__()
        if not sizes or min(channels, *sizes, *sizes.values()) < 1:
            came = f"{channels} and {sizes}"
            raise InputError("channels, lengths and numbers of shapelets must be at least 1", came, "{10: 8}")
        if alpha > 0:
            raise InputError("alpha must be 0 or below", str(alpha), "-100 is usual")
        self.sizes, self.alpha = dict(sizes), alpha
        shapes = [(number, length, channels) for length, number in sizes.items()]
        self.shapelets = nn.ParameterList(nn.Parameter(0.1 * torch.randn(shape)) for shape in shapes)

    @torch.no_grad()
    def start_from(
        self,
        x: Float[Tensor, "batch time channels"],
        n_steps: int = 10,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> None:
        """Begin with the middles of groups of like pieces of series, as the paper does, by k-means.

        Args:
            x: some series; at least as many pieces as shapelets.
            n_steps: of k-means.
            mask: True where a step is real; pieces with others are left out.

        Raises:
            InputError: when there are fewer pieces than shapelets.
        """
        for shapelets in self.shapelets:
            length = shapelets.shape[1]
            pieces = x[:0].reshape(0, length * x.shape[2])
            if x.shape[1] >= length:
                pieces = _pieces(x, length).flatten(0, 1).flatten(1)
                whole = None if mask is None else mask.unfold(1, length, 1).all(-1).flatten()
                pieces = pieces if whole is None else pieces[whole]
            if len(pieces) < len(shapelets):
                expected = f"there must be {len(shapelets)} pieces of {length} steps, or more"
                raise InputError(expected, f"{len(pieces)}", "give longer series, or make shapelets shorter")
            middles = pieces[torch.randperm(len(pieces), device=x.device)[: len(shapelets)]]
            for _ in range(n_steps):
                nearest = torch.cdist(pieces, middles).argmin(1)
                own = nn.functional.one_hot(nearest, len(middles)).to(pieces.dtype)
                sums, counts = own.T @ pieces, own.sum(0).unsqueeze(1)
                middles = torch.where(counts > 0, sums / counts.clamp_min(1), middles)
            shapelets.copy_(middles.reshape(shapelets.shape))

    def forward(
        self, x: Float[Tensor, "batch time channels"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch shapelets"]:
        if x.shape[1] < max(self.sizes):
            came = f"{x.shape[1]} steps"
            raise InputError(f"series must have {max(self.sizes)} steps or more", came, "fill up and mask")
        if mask is not None:
            x = torch.where(mask.unsqueeze(-1), x, 0.0)
        return torch.cat([self._nearness(x, shapelets, mask) for shapelets in self.shapelets], 1)

    def _nearness(self, x: Tensor, shapelets: Tensor, mask: Tensor | None) -> Tensor:
        pieces, length = _pieces(x, shapelets.shape[1]), shapelets.shape[1]
        distances = torch.stack([(pieces - one).square().mean((2, 3)) for one in shapelets.unbind()], 1)
        if mask is None:
            return (distances * torch.softmax(self.alpha * distances, -1)).sum(-1)
        whole = mask.unfold(1, length, 1).all(-1).unsqueeze(1)
        scores = (self.alpha * distances).masked_fill(~whole, torch.finfo(distances.dtype).min)
        weights = torch.where(whole, torch.softmax(scores, -1), 0.0)
        return (distances * weights).sum(-1)


def _pieces(x: Tensor, length: int) -> Tensor:
    """All pieces of a length: (batch, place, length, channels)."""
    return x.unfold(1, length, 1).transpose(2, 3)
