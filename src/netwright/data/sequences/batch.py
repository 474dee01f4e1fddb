"""A batch of sequences: padded values, lengths, and which steps are real."""

from typing import NamedTuple

from jaxtyping import Bool, Float, Int64
from torch import Tensor


class SequenceBatch(NamedTuple):
    """Some sequences, padded at their ends to the longest of them.

    Args:
        values: (batch, time, features), zero where a step is not real.
        lengths: (batch), real steps of each.
        mask: (batch, time), True where a step is real; None where all are.

    Example:
        >>> import torch
        >>> from netwright.data import read_sequences
        >>> batch = read_sequences([[1.0, 2.0, 3.0], [4.0]])[torch.tensor([0, 1])]
        >>> batch.values[:, :, 0], batch.mask
        (tensor([[1., 2., 3.],
                [4., 0., 0.]]), tensor([[ True,  True,  True],
                [ True, False, False]]))
    """

    values: Float[Tensor, "batch time features"]
    lengths: Int64[Tensor, " batch"]
    mask: Bool[Tensor, "batch time"] | None = None

    @property
    def n_steps(self) -> int:
        """Steps to which the sequences are padded."""
        return int(self.values.shape[1])
