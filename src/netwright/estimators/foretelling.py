"""How networks learn to rebuild series and to foretell their last steps."""

from typing import final

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from netwright.data import SequenceBatch, SequenceSamples
from netwright.training import Batch, Objective


@final
class PastAndFuture:
    """Series of which the last steps are the target.

    Args:
        series: each longer than horizon.
        horizon: steps of the target.
        weight: (rows), or None.

    Example:
        >>> from netwright.data import read_sequences
        >>> batch = PastAndFuture(read_sequences([[1.0, 2.0, 3.0]]), 1)[torch.tensor([0])]
        >>> batch.inputs.values.flatten().tolist(), batch.target.flatten().tolist()
        ([1.0, 2.0], [3.0])
    """

    def __init__(self, series: SequenceSamples, horizon: int, weight: Tensor | None = None) -> None:
        self.series, self.horizon, self.weight = series, horizon, weight

    def __len__(self) -> int:
        return len(self.series)

    def step_counts(self, rows: Int64[Tensor, " rows"]) -> Int64[Tensor, " rows"] | None:
        """Return lengths, for batches of like ones, or None where they are all the same.

        Args:
            rows: in any order.
        """
        return self.series.step_counts(rows)

    def __getitem__(self, rows: Int64[Tensor, " batch"]) -> Batch:
        whole = self.series[rows]
        lengths = whole.lengths - self.horizon
        places = lengths[:, None] + torch.arange(self.horizon)
        future = whole.values.gather(1, places[..., None].expand(-1, -1, whole.values.shape[2]))
        past, mask = whole.values[:, : whole.n_steps - self.horizon], None
        if whole.mask is not None:
            mask = torch.arange(past.shape[1]) < lengths[:, None]
            past = torch.where(mask[..., None], past, 0.0)
        weight = None if self.weight is None else self.weight[rows]
        return Batch(SequenceBatch(past, lengths, mask), future, weight)


@final
class RebuildAndForetell(Objective):
    """The mean squared error of what is rebuilt, and that of what is foretold.

    The network is a `nets.CompositeLSTM`; what it does not tell costs nothing.

    Example:
        >>> from netwright.data import read_sequences
        >>> from netwright.nets import CompositeLSTM
        >>> batch = PastAndFuture(read_sequences([[1.0, 2.0, 3.0]]), 1)[torch.tensor([0])]
        >>> RebuildAndForetell().loss(CompositeLSTM(1, 4, horizon=1), batch).shape
        torch.Size([])
    """

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return the mean loss of the batch."""
        past, future = batch.inputs, batch.target
        rebuilt, foretold = network(past.values, past.mask, future)
        rows = rows_error(rebuilt, past.values, past.lengths) if rebuilt.shape[1] else 0.0
        if future.shape[1]:
            rows = rows + (foretold - future).square().flatten(1).mean(1)
        assert isinstance(rows, Tensor)  # noqa: S101  (the network tells one or the other)
        return rows.mean() if batch.weight is None else (rows * batch.weight).mean()

    def predict(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return what is foretold."""
        foretold: Tensor = network(batch.inputs.values, batch.inputs.mask)[1]
        return foretold


def rows_error(
    rebuilt: Float[Tensor, "batch time features"],
    values: Float[Tensor, "batch time features"],
    lengths: Int64[Tensor, " batch"],
) -> Float[Tensor, " batch"]:
    """Return the mean squared error of each series over its real steps; beyond them both must be zero.

    Args:
        rebuilt: by a network.
        values: the series.
        lengths: real steps of each.

    Example:
        >>> rows_error(torch.ones(1, 2, 1), torch.zeros(1, 2, 1), torch.tensor([2]))
        tensor([1.])
    """
    total = (rebuilt - values).square().sum((1, 2))
    return total / (lengths.clamp_min(1) * values.shape[2])
