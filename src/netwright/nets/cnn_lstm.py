"""A convolutional network for every frame of a film, and a recurrent one over the frames."""

from collections.abc import Sequence
from typing import cast, final

from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import LSTMCell, Recurrent, TimeDistributed
from netwright.nets.recurrent_network import RecurrentNetwork
from netwright.nets.recurrent_stack import CellMaker
from netwright.nets.topologies import Topology


@final
class CNNLSTM(nn.Module):
    """The same convolutions look at every frame, and recurrent layers at what they saw, frame after frame.

    Use it for films and other sequences of pictures where what counts is what happens from frame to frame.
    One module is put over time as a whole; a list of layers is put over time layer by layer, which computes
    the same, and lets a recurrent layer, such as a `Recurrent(ConvLSTMCell(8, 8), return_state=False)`,
    stand between two of them. With a `RecurrentNetwork` in place of the convolutions it is a hierarchical
    recurrent network: it reads each piece of a long series, (batch, pieces, time, features), and then the
    pieces.

        v_t = flatten(cnn(x_t)),  y = recurrent(v_1 ... v_T)

    Args:
        frames: (batch, channels, height, width) -> (batch, ...), or a list of the layers of which it is made.
        n_features: numbers that it gives of one frame.
        n_outputs: numbers in an answer.
        hidden: features of each recurrent layer, and of each direction.
        depth: recurrent layers.
        cell: (features in, features out) -> cell.
        topology: of frames and answers; None for one answer after the last frame.
        bidirectional: whether the frames are also read from the end to the beginning.
        dropout: share of each recurrent layer's output that the next one does not see.

    Raises:
        InputError: when a recurrent layer among `frames` gives more than the outputs of all steps; in
            forward, when the features of a frame are not `n_features`.

    Example:
        >>> import torch
        >>> frames = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
        >>> CNNLSTM(frames, n_features=4 * 3 * 3, n_outputs=2, hidden=8)(torch.zeros(2, 5, 1, 8, 8)).shape
        torch.Size([2, 2])

    Source:
        Donahue, Hendricks, Rohrbach, Venugopalan, Guadarrama, Saenko and Darrell (2014), "Long-term Recurrent
        Convolutional Networks for Visual Recognition and Description", arXiv:1411.4389; over time layer by
        layer: Chollet and others (2015), "Keras", https://keras.io.
    """

    def __init__(
        self,
        frames: nn.Module | Sequence[nn.Module],
        n_features: int,
        n_outputs: int,
        hidden: int = 64,
        depth: int = 1,
        cell: CellMaker = LSTMCell,
        topology: Topology | None = None,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        layers = [frames] if isinstance(frames, nn.Module) else frames
        self.frames = nn.ModuleList(_over_time(layer) for layer in layers)
        self.sequence = RecurrentNetwork(
            n_features, n_outputs, hidden, depth, cell, topology, bidirectional, dropout
        )

    def forward(
        self,
        x: Float[Tensor, "batch time *frame"],
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch *outputs"]:
        for layer in self.frames:
            x = layer(x, mask=mask)
        return cast("Tensor", self.sequence(x.flatten(2), mask))


def _over_time(layer: nn.Module) -> nn.Module:
    if not isinstance(layer, Recurrent):
        return TimeDistributed(layer)
    if layer.return_state or not layer.return_sequences:
        mend = "set return_state=False and return_sequences=True"
        raise InputError("a recurrent layer among frames must give its outputs alone", "more or less", mend)
    return layer
