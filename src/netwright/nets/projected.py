"""An encoder with a projector behind it: the loss is computed there, and the codes are kept."""

from typing import final

from jaxtyping import Float, Num
from torch import Tensor, nn

from netwright.core.errors import InputError


@final
class ProjectedNetwork(nn.Module):
    """Encoder whose codes pass three linear layers before the loss sees them.

    Use it to learn without labels from two views of each row: `embeddings.BarlowTwinsEmbedder` trains it.
    Keep the codes; the projector is thrown away after training.

        z = W_3 h(W_2 h(W_1 code)),   code = encoder(front(x)),   h = relu of batch normalisation

    Args:
        encoder: from a row to its code.
        width: numbers of a code.
        projector: units of each of the three layers.
        front: what makes a row of numbers that compare; None for nothing.

    Raises:
        InputError: when a number is below one.

    Example:
        >>> import torch
        >>> network = ProjectedNetwork(nn.Linear(6, 2), width=2, projector=8)
        >>> network(torch.ones(5, 6)).shape, network.encode(torch.ones(5, 6)).shape
        (torch.Size([5, 8]), torch.Size([5, 2]))

    Source:
        Zbontar, Jing, Misra, LeCun and Deny (2021), "Barlow Twins: Self-Supervised Learning via Redundancy
        Reduction", arXiv:2103.03230.
    """

    def __init__(
        self, encoder: nn.Module, width: int, projector: int = 512, front: nn.Module | None = None
    ) -> None:
        super().__init__()
        if min(width, projector) < 1:
            raise InputError(
                "width and projector must be 1 or more", f"{width} and {projector}", "512 is usual"
            )
        self.front, self.encoder = front or nn.Identity(), encoder
        layers: list[nn.Module] = []
        for n_inputs in (width, projector):
            linear = nn.Linear(n_inputs, projector, bias=False)
            layers += [linear, nn.BatchNorm1d(projector), nn.ReLU()]
        self.projector = nn.Sequential(*layers, nn.Linear(projector, projector, bias=False))

    def forward(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch projected"]:
        projected: Tensor = self.projector(self.encode(x))
        return projected

    def encode(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch features"]:
        """Return the codes of rows.

        Args:
            x: rows.
        """
        codes: Tensor = self.encoder(self.front(x))
        return codes
