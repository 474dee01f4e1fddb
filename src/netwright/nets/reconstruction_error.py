"""How badly an autoencoder makes a row again, as the answer of a network."""

from typing import final

from jaxtyping import Float, Num
from torch import Tensor, nn


@final
class ReconstructionError(nn.Module):
    """Mean squared error of an autoencoder, for each row: what is like no row seen in training is large.

    Use it to find rows that are unlike the others; trained by making its own answer small.

        e(x) = mean over numbers of (r - g(f(r)))^2,   r = front(x)

    Args:
        encoder: from a row to its code.
        decoder: from a code to a row.
        front: what makes a row of numbers that compare, such as `layers.OneHotColumns`; None for nothing.

    Example:
        >>> import torch
        >>> error = ReconstructionError(nn.Linear(6, 2), nn.Linear(2, 6))
        >>> error(torch.zeros(5, 6)).shape
        torch.Size([5, 1])

    Source:
        Valkov (2017), "Credit Card Fraud Detection using Autoencoders in Keras", curiousily.com.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, front: nn.Module | None = None) -> None:
        super().__init__()
        self.front = front or nn.Identity()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch 1"]:
        return self.errors(x).flatten(1).mean(1, keepdim=True)

    def errors(self, x: Num[Tensor, "batch *sample"]) -> Float[Tensor, "batch *numbers"]:
        """Return the squared error of each number, which says what is unlike the others in a row.

        Args:
            x: rows.
        """
        rows = self.front(x)
        difference: Tensor = rows - self.decoder(self.encoder(rows))
        return difference.square()
