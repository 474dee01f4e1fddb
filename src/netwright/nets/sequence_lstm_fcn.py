"""Convolutions over a series, and beside them an LSTM that reads the whole course of each feature at once."""

from collections.abc import Sequence
from typing import cast, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.layers import LSTMCell, Recurrent
from netwright.nets.sequence_convolutions import SequenceFCN


@final
class SequenceLSTMFCN(nn.Module):
    """The fully convolutional network, and an LSTM whose steps are the features in place of the times.

    Use it to classify series in which it counts when something happens: the convolutions look for what
    happens anywhere, and the LSTM, for which time and features change places, sees each feature's course as
    one vector. Series may have any length; the LSTM sees their first `n_steps`, and zeros behind shorter
    ones. Steps that are not real have no influence.

        h_j = LSTM(x_(1..n_steps, j), h_(j-1)) for each feature j;   y = FCN(x) + V dropout(h)

    Args:
        n_features: of a step.
        n_outputs: numbers of an answer.
        n_steps: that the LSTM sees; the length of the series where all have the same.
        width: features of the LSTM's state; the paper tries 8, 64 and 128.
        dropout: share of the state that the answer does not see.
        widths: maps of each convolution.
        kernel_sizes: steps that each sees.
        stride: as in `SequenceFCN`.

    Raises:
        InputError: when there are not as many kernel sizes as widths.

    Example:
        >>> network = SequenceLSTMFCN(n_features=3, n_outputs=2, n_steps=30, widths=(4, 8, 4))
        >>> network(torch.zeros(5, 30, 3)).shape
        torch.Size([5, 2])

    Source:
        Karim, Majumdar, Darabi and Chen (2017), "LSTM Fully Convolutional Networks for Time Series
        Classification", arXiv:1709.05206.
        Differs: the answers of both parts are added, which is one linear layer over both.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        n_steps: int,
        width: int = 8,
        dropout: float = 0.8,
        widths: Sequence[int] = (128, 256, 128),
        kernel_sizes: Sequence[int] = (8, 5, 3),
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.n_steps = n_steps
        self.convolutions = SequenceFCN(n_features, n_outputs, widths, kernel_sizes, stride)
        self.courses = Recurrent(LSTMCell(n_steps, width), return_sequences=False, return_state=False)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(width, n_outputs, bias=False)

    def forward(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch outputs"]:
        real = x if mask is None else torch.where(mask[:, :, None], x, 0)
        courses = F.pad(real.mT, (0, self.n_steps - x.shape[1]))
        answers = self.convolutions(x, mask) + self.out(self.dropout(self.courses(courses)))
        return cast("Tensor", answers)
