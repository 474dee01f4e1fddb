"""One reader and two writers: a sequence is rebuilt, and what comes next is predicted, from one state."""

from typing import final

from jaxtyping import Bool, Float
from torch import Tensor, nn

from netwright.core.errors import InputError
from netwright.layers import LSTMCell, Recurrent
from netwright.nets.recurrent_stack import CellMaker, State, stack_cells
from netwright.nets.sequence_decoder import SequenceDecoder


@final
class CompositeLSTM(nn.Module):
    """Encoder whose last state tells both what it has read, backwards, and what comes next.

    Use it to learn vectors of sequences without labels: the rebuilding keeps what was there, and the
    prediction keeps of it what counts for the future. With `horizon=0` it is the autoencoder alone, with
    `rebuild=False` the future predictor alone. A sequence is rebuilt from its last step to its first, since
    the last is what the state remembers best; it is returned in its own order.

        s = encoder(x_1 ... x_T) at the end
        rebuilt x_T, x_(T-1) ... x_1 = decoder_1(s),  predicted x_(T+1) ... x_(T+H) = decoder_2(s)

    Steps that are not real change nothing, and are rebuilt as zeros.

    Args:
        n_features: of each step.
        hidden: features of each layer's state, and of the vector.
        depth: layers of encoder and decoders.
        horizon: steps to predict; 0 for none.
        rebuild: whether the sequence is rebuilt.
        conditional: whether a decoder reads its last answer; while training, the truth in its place.
        cell: (features in, features out) -> cell.
        dropout: share of each layer's output that the next one does not see.

    Raises:
        InputError: when there is nothing to tell; in forward, when the steps have other features.

    Example:
        >>> import torch
        >>> network = CompositeLSTM(n_features=3, hidden=8, horizon=4)
        >>> rebuilt, predicted = network(torch.zeros(2, 6, 3))
        >>> rebuilt.shape, predicted.shape, network.encode(torch.zeros(2, 6, 3)).shape
        (torch.Size([2, 6, 3]), torch.Size([2, 4, 3]), torch.Size([2, 8]))

    Source:
        Srivastava, Mansimov and Salakhutdinov (2015), "Unsupervised Learning of Video Representations using
        LSTMs", arXiv:1502.04681.
        Differs: any cell may stand in place of the LSTM's.
    """

    def __init__(
        self,
        n_features: int,
        hidden: int = 64,
        depth: int = 1,
        horizon: int = 0,
        rebuild: bool = True,
        conditional: bool = False,
        cell: CellMaker = LSTMCell,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if horizon < 0 or not (rebuild or horizon):
            came = f"horizon {horizon} and rebuild {rebuild}"
            raise InputError("there must be something to tell", came, "set horizon or rebuild")
        self.n_features, self.horizon = n_features, horizon
        self.encoder = Recurrent(stack_cells(cell, n_features, hidden, depth), dropout=dropout)

        def decoder(wanted: bool) -> SequenceDecoder | None:
            if not wanted:
                return None
            return SequenceDecoder(n_features, hidden, depth, cell, feed_back=conditional, dropout=dropout)

        self.rebuilder, self.predictor = decoder(rebuild), decoder(horizon > 0)

    def forward(
        self,
        x: Float[Tensor, "batch time features"],
        mask: Bool[Tensor, "batch time"] | None = None,
        future: Float[Tensor, "batch horizon features"] | None = None,
    ) -> tuple[Float[Tensor, "batch steps features"], Float[Tensor, "batch horizon features"]]:
        """Return the rebuilt sequence and the predicted one; what is not wanted has no steps.

        Args:
            x: what is read.
            mask: True where a step is real.
            future: what came next, for a conditional decoder in training; None lets it read its answers.
        """
        state = self._read(x, mask)
        rebuilt = predicted = x.new_zeros(x.shape[0], 0, x.shape[2])
        if self.rebuilder is not None:
            back = None if mask is None else mask.flip(1)
            truth = x.flip(1) if self.training else None
            rebuilt = self.rebuilder(state, x.shape[1], truth=truth, mask=back).flip(1)
        if self.predictor is not None:
            predicted = self.predictor(state, self.horizon, truth=future if self.training else None)
        return rebuilt, predicted

    def encode(
        self, x: Float[Tensor, "batch time features"], mask: Bool[Tensor, "batch time"] | None = None
    ) -> Float[Tensor, "batch hidden"]:
        """Return the vectors of sequences: the highest layer's output at the last real step.

        Args:
            x: what is read.
            mask: True where a step is real.
        """
        return self._read(x, mask)[-1][0]

    def _read(self, x: Tensor, mask: Tensor | None) -> tuple[State, ...]:
        if x.shape[2] != self.n_features:
            mend = "build the network with n_features"
            raise InputError(f"steps must have {self.n_features} features", str(x.shape[2]), mend)
        state: tuple[State, ...] = self.encoder(x, mask=mask)[1]
        return state
