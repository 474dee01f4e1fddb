"""The next frames of a film, by recurrent layers whose states are pictures."""

from collections.abc import Sequence
from typing import cast, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import ConvLSTMCell, Recurrent, TimeDistributed
from netwright.nets.recurrent_stack import State, stack_cells


@final
class ConvLSTMPredictor(nn.Module):
    """Tells the next frame at every step of a film, and goes on with what it told.

    Use it for films, radar, or maps that change in time, where things move: the state is a picture too, and
    its convolution follows them. Frames may be of any size.

        h^1 = ConvLSTM_1(x), h^2 = ConvLSTM_2(h^1) ...,  next frame y_t = x_t + W * [h^1_t; h^2_t; ...] + b

    The answer of a step that is not real is zero.

    Args:
        channels: of a frame.
        hidden: channels of each layer's state.
        depth: layers.
        kernel_size: of the layers' convolutions.

    Raises:
        InputError: in forward, when frames have other channels; in `extend`, when there is no step to tell.

    Example:
        >>> network = ConvLSTMPredictor(channels=1, hidden=4)
        >>> films = torch.zeros(2, 5, 1, 8, 8)
        >>> network(films).shape, network.extend(films, steps=3).shape
        (torch.Size([2, 5, 1, 8, 8]), torch.Size([2, 3, 1, 8, 8]))

    Source:
        Shi, Chen, Wang, Yeung, Wong and Woo (2015), "Convolutional LSTM Network: A Machine Learning Approach
        for Precipitation Nowcasting", arXiv:1506.04214.
        Differs: the same layers read and go on, as in Keras's film of moving squares, and what is told of the
        next frame is how it differs from the last.
    """

    def __init__(self, channels: int, hidden: int = 16, depth: int = 1, kernel_size: int = 3) -> None:
        super().__init__()
        self.channels = channels

        def cell(read: int, width: int) -> ConvLSTMCell:
            return ConvLSTMCell(read, width, kernel_size)

        self.layers = nn.ModuleList(Recurrent(one) for one in stack_cells(cell, channels, hidden, depth))
        self.out = TimeDistributed(nn.Conv2d(depth * hidden, channels, 1))

    def forward(
        self,
        x: Float[Tensor, "batch time channels height width"],
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch time channels height width"]:
        return self._next(x, [None] * len(self.layers), mask)[0]

    def extend(
        self,
        x: Float[Tensor, "batch time channels height width"],
        steps: int,
        mask: Bool[Tensor, "batch time"] | None = None,
    ) -> Float[Tensor, "batch steps channels height width"]:
        """Return the frames behind the last real one; each is told from the one before, told or seen.

        Args:
            x: what was seen.
            steps: frames to tell.
            mask: True where a frame is real.
        """
        if steps < 1:
            raise InputError("steps must be at least 1", str(steps), "count the frames to tell")
        told, states = self._next(x, [None] * len(self.layers), mask)
        last = told[:, -1:]
        if mask is not None:
            place = (mask * torch.arange(mask.shape[1], device=mask.device)).argmax(1)
            last = told[torch.arange(len(told), device=mask.device), place][:, None]
        frames = [last]
        while len(frames) < steps:
            last, states = self._next(last, states, None)
            frames.append(last)
        return torch.cat(frames, 1)

    def _next(
        self, x: Tensor, states: Sequence[tuple[State, ...] | None], mask: Tensor | None
    ) -> tuple[Tensor, list[tuple[State, ...]]]:
        """The next frame of every step, and the states after the last."""
        if x.shape[2] != self.channels:
            mend = "build the network with as many channels"
            raise InputError(f"frames must have {self.channels} channels", str(x.shape[2]), mend)
        seen = x
        outputs: list[Tensor] = []
        left: list[tuple[State, ...]] = []
        for layer, state in zip(self.layers, states, strict=True):
            x, after = layer(x, state, mask)
            outputs.append(x)
            left.append(after)
        change = cast("Tensor", self.out(torch.cat(outputs, 2), mask))
        if mask is not None:
            seen = torch.where(mask[:, :, None, None, None], seen, 0)
        return seen + change, left
