"""A recurrent network of two levels over pictures: along each row, then over the rows."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import LSTMCell, Recurrent, TimeDistributed


@final
class HierarchicalRNN(nn.Module):
    """Reads a picture as a text: the pixels of a row as words, the rows as sentences.

    Use it where pictures, or sequences of sequences, are to be read in their order and are short; for
    pictures of things a convolutional network is quicker and better. All rows are read with the same weights.

        r_i = LSTM_row(x_i1, x_i2, ...) at the end,  s = LSTM_picture(r_1, r_2, ...) at the end,  y = W s + b

    Args:
        n_outputs: numbers out, one per class.
        channels: of the pictures.
        width: features of a row.
        hidden: features of the picture.

    Raises:
        InputError: in forward, when pictures have other channels.

    Example:
        >>> import torch
        >>> HierarchicalRNN(width=16, hidden=8)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])

    Source:
        Li, Luong and Jurafsky (2015), "A Hierarchical Neural Autoencoder for Paragraphs and Documents",
        arXiv:1506.01057.
        Differs: pixels and rows in place of words and sentences, as in Keras's example of hierarchical
        recurrent networks on MNIST, and the encoder alone.
    """

    def __init__(self, n_outputs: int = 10, channels: int = 1, width: int = 64, hidden: int = 64) -> None:
        super().__init__()
        self.channels = channels
        row = Recurrent(LSTMCell(channels, width), return_sequences=False, return_state=False)
        self.rows = TimeDistributed(row)
        self.picture = Recurrent(LSTMCell(width, hidden), return_sequences=False, return_state=False)
        self.fc = nn.Linear(hidden, n_outputs)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch outputs"]:
        if x.shape[1] != self.channels:
            mend = "build the network with as many channels"
            raise InputError(f"pictures must have {self.channels} channels", str(x.shape[1]), mend)
        pixels = x.permute(0, 2, 3, 1)  # (batch, height, width, channels)
        answer: Tensor = self.fc(self.picture(self.rows(pixels)))
        return answer
