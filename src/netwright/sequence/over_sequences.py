"""What lets a network for padded sequences and their mask take the batches of the loop."""

from typing import Any, final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.data import SequenceBatch


@final
class OverSequences(nn.Module):
    """Any network for padded sequences and their mask, as the loop calls it: with one batch.

    Args:
        network: (values, mask=...) -> answers.

    Example:
        >>> import torch
        >>> from netwright.data import read_sequences
        >>> from netwright.nets import SequenceNetwork
        >>> batch = read_sequences([[1.0, 2.0], [3.0]])[torch.arange(2)]
        >>> OverSequences(SequenceNetwork(1, 3, width=4))(batch).shape
        torch.Size([2, 3])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: SequenceBatch) -> Float[Tensor, "batch ..."]:
        """Return the answers of a batch."""
        answers: Tensor = self.network(batch.values, mask=batch.mask)
        return answers

    def proceed(self, batch: SequenceBatch, state: Any) -> tuple[Tensor, Any]:
        """Return the answers to the next piece of each sequence, and the state behind it.

        Args:
            batch: pieces.
            state: that the pieces before have left; None at the beginning.
        """
        inner: Any = self.network
        answers, left = inner.proceed(batch.values, state, batch.mask)
        return answers, left
