"""One network that is asked about two rows, or three: what it gives is compared by distance."""

from typing import final

import torch.nn.functional as F
from jaxtyping import Float, Num
from torch import Tensor, nn


@final
class TwinNetwork(nn.Module):
    """An encoder whose codes are compared by their distance, with the standardising in front of it.

    Use it in siamese networks: both twins are this one network, called with the rows of either side.

        z = encoder(front(x)),   or z / |z|

    Args:
        encoder: from a row to its code.
        front: what makes a row of numbers that compare; None for nothing.
        unit_length: whether codes are brought to length 1.

    Example:
        >>> import torch
        >>> TwinNetwork(nn.Linear(6, 2), unit_length=True)(torch.ones(5, 6)).norm(dim=1).round(decimals=3)
        tensor([1., 1., 1., 1., 1.], grad_fn=<RoundBackward1>)

    Source:
        Bromley, Guyon, LeCun, Säckinger and Shah (1993), "Signature Verification using a "Siamese" Time
        Delay Neural Network", NIPS 6.
    """

    def __init__(self, encoder: nn.Module, front: nn.Module | None = None, unit_length: bool = False) -> None:
        super().__init__()
        self.front, self.encoder, self.unit_length = front or nn.Identity(), encoder, unit_length

    def forward(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch features"]:
        codes: Tensor = self.encoder(self.front(x))
        return F.normalize(codes, dim=1) if self.unit_length else codes

    def encode(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch features"]:
        """Return the codes of rows.

        Args:
            x: rows.
        """
        codes: Tensor = self(x)
        return codes
